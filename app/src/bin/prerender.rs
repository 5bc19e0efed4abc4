//! Prints the landing page's HTML, for `index.html`, while the app is being built.

use milanio_app::{
    app::{App, AppProps},
    state::State,
};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let props = || AppProps { initial: State::default(), connect: None };
    println!("{}", yew::ServerRenderer::<App>::with_props(props).render().await);
}

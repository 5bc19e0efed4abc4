//! The bridge between the account screens and everything outside them: carries wishes out, and what happens back.
//!
//! Every wish becomes a task of its own. A task that outlives the screen it was made for finishes what it does and shows nothing more
//! ([`Task`]). The keys of the wallet are read anew by every task, so that another tab's change is never overwritten; the session's token
//! is in a variable and nowhere else.

mod backup;
mod link;
mod pending;
mod reclaim;
mod restore;
mod server;
mod settings;
mod sign_in;
mod sign_up;
mod view;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use wasm_bindgen_futures::spawn_local;
use yew::Callback;

use super::{
    intent::Intent,
    job::{Job, Outcome},
    route::{BackupWay, Route},
    secret::Secret,
    state::{Action, Busy, Done, backup::Words, mail::Purpose, problem::Problem},
};
use crate::{
    platform::{account_worker::AccountWorker, clock, fragment, wallet},
    wallet::Wallet,
};

use pending::{Pending, What};
use reclaim::Kept;
use server::Session;

/// Starts the bridge: given the way to change the state, gives the way to wish.
pub fn connect(dispatch: Callback<Action>) -> Callback<Intent> {
    let bridge = Bridge(Rc::new(Inner {
        dispatch,
        worker: AccountWorker::default(),
        session: RefCell::default(),
        pending: RefCell::default(),
        words: RefCell::default(),
        link: RefCell::default(),
        route: RefCell::default(),
        screen: Cell::default(),
        rating: Cell::default(),
    }));
    bridge.start();
    Callback::from(move |intent| bridge.wish(intent))
}

/// The bridge. Cheap to clone.
#[derive(Clone)]
struct Bridge(Rc<Inner>);

struct Inner {
    dispatch: Callback<Action>,
    worker: AccountWorker,
    session: RefCell<Option<Session>>,
    /// What a code that travels by mail is for.
    pending: RefCell<Option<Pending>>,
    /// The words that are being checked.
    words: RefCell<Option<Words>>,
    /// The old device's end of a link that waits for the person's word.
    link: RefCell<Option<link::Confirming>>,
    route: RefCell<Route>,
    /// Counts the screens that were opened.
    screen: Cell<u32>,
    /// Counts the passwords that were judged; only the last verdict matters.
    rating: Cell<u32>,
}

/// Something that is being done for one screen.
#[derive(Clone)]
struct Task {
    bridge: Bridge,
    screen: u32,
}

impl Bridge {
    /// Looks for the wallet, then listens: to the address, and to what other tabs do with the wallet.
    fn start(&self) {
        let bridge = self.clone();
        let opening = move || bridge.opened(Route::from_fragment(&fragment::current()));
        let (bridge, open) = (self.clone(), opening.clone());
        spawn_local(async move {
            bridge.look().await;
            open();
            bridge.freshen().await;
        });
        fragment::listen(opening).forget();
        let bridge = self.clone();
        let looking = move || {
            let bridge = bridge.clone();
            spawn_local(async move { bridge.look().await });
        };
        wallet::listen(looking).forget();
    }

    /// Shows who is here.
    async fn look(&self) {
        let (me, parked) = (wallet::load().await, wallet::load_parked().await);
        let device = me.as_ref().map(|wallet| wallet.device().id());
        // A session is one device's.
        self.0.session.borrow_mut().take_if(|session| Some(session.device) != device);
        let takeover = Kept::load().await.map(|kept| kept.view());
        let elsewhere = self.answered_elsewhere(me.as_ref(), takeover.is_some()).await;
        self.show(Action::Wallet { me: me.as_ref().map(view::me), parked: parked.as_ref().map(view::me) });
        self.show(Action::Takeover(takeover));
        if let Some(route) = elsewhere {
            self.0.pending.take();
            self.show(Action::MailDropped);
            self.go(&route);
        }
    }

    /// Where to go on if the code that is waited for here was typed or clicked in another tab.
    async fn answered_elsewhere(&self, me: Option<&Wallet>, is_taking_over: bool) -> Option<Route> {
        let next = match &self.0.pending.borrow().as_ref()?.what {
            What::SignUp(_) if me.is_some_and(|me| me.is_registered) => Route::Backup(BackupWay::Words),
            What::Reclaim(_) if is_taking_over => Route::Reclaim,
            _ => return None,
        };
        wallet::load_pending().await.is_none().then_some(next)
    }

    fn show(&self, action: Action) {
        self.0.dispatch.emit(action);
    }

    /// Goes to a screen: the listener hears of the new address, unless it is this one.
    fn go(&self, route: &Route) {
        let place = if *route == Route::Elsewhere { fragment::below() } else { route.to_fragment() };
        if !fragment::go(&place) {
            self.opened(route.clone());
        }
    }

    /// The address names this screen now.
    fn opened(&self, route: Route) {
        if *self.0.route.borrow() != route {
            self.0.screen.set(self.0.screen.get().wrapping_add(1));
            self.0.words.take();
            self.0.link.take();
        }
        self.0.route.replace(route.clone());
        self.show(Action::Navigated(route.clone()));
        match route {
            Route::Verify { request, code } => {
                self.run(|task| async move { task.verify_by_link(&request, &code).await })
            }
            Route::Settings(_) => self.run(|task| async move {
                task.refresh().await;
                task.watch().await;
            }),
            Route::SignUp => self.run(|task| async move { task.recall(Purpose::SignUp).await }),
            Route::Reclaim => {
                self.run(|task| async move { task.recall(Purpose::Reclaim).await });
                self.follow_reclaim();
            }
            // Whoever waits for an address hears here how far it is; nobody else hears of a failure.
            Route::SignIn => self.run(|task| async move {
                let _ = task.follow_reclaim().await;
            }),
            Route::Password | Route::File | Route::Link(_) | Route::Backup(_) => self.0.worker.warm_up(),
            _ => {}
        }
    }

    fn task(&self) -> Task {
        Task { bridge: self.clone(), screen: self.0.screen.get() }
    }

    fn run<F: Future<Output = ()> + 'static>(&self, work: impl FnOnce(Task) -> F) {
        spawn_local(work(self.task()));
    }

    /// Does something that may fail, and shows that it goes on, failed or was done.
    fn try_to<F>(&self, busy: Busy, work: impl FnOnce(Task) -> F)
    where
        F: Future<Output = Result<Option<Done>, Problem>> + 'static,
    {
        let task = self.task();
        task.show(Action::Began(busy));
        let work = work(task.clone());
        spawn_local(async move {
            match work.await {
                Ok(done) => task.show(Action::Did(done)),
                Err(problem) => task.show(Action::Failed(problem)),
            }
        });
    }

    /// Carries a wish out. Long because every wish has its line.
    fn wish(&self, intent: Intent) {
        match intent {
            Intent::Opened(route) => self.opened(route),
            Intent::Go(route) => self.go(&route),
            Intent::SignUp { name, email } => {
                self.try_to(Busy::Sending, |task| async move { task.sign_up(&name, &email).await })
            }
            Intent::Reclaim { name, email, ticked } => {
                self.try_to(Busy::Sending, |task| async move { task.reclaim(&name, &email, ticked).await });
            }
            Intent::FollowReclaim => self.follow_reclaim(),
            Intent::FinishReclaim => self.try_to(Busy::Sending, |task| async move { task.finish_reclaim().await }),
            Intent::DropReclaim => self.try_to(Busy::Saving, |task| async move { task.drop_reclaim().await }),
            Intent::StopReclaim(stop) => {
                self.try_to(Busy::Sending, |task| async move { task.stop_reclaim(&stop).await });
            }
            Intent::SeeAttempt(asked_s) => self.see_attempt(asked_s),
            Intent::Resend => self.try_to(Busy::Sending, |task| async move { task.resend().await }),
            Intent::ChangeAddress => self.run(|task| async move { task.change_address().await }),
            Intent::Code(typed) => self.try_to(Busy::Sending, |task| async move { task.code(&typed).await }),
            Intent::SignInHere => self.try_to(Busy::Sending, |task| async move { task.sign_in_here().await }),
            Intent::SignIn { email, password } => {
                self.try_to(Busy::Stretching, |task| async move { task.sign_in(&email, password).await });
            }
            Intent::RestorePhrase { words, telling } => {
                self.try_to(Busy::Fetching, |task| async move { task.restore_phrase(&words, &telling).await });
            }
            Intent::RestoreFile { file, password, telling } => {
                self.try_to(Busy::Stretching, |task| async move { task.restore_file(file, password, &telling).await });
            }
            Intent::NameAddress(typed) => {
                self.try_to(Busy::Sending, |task| async move { task.name_address(&typed).await });
            }
            Intent::ShowWords => self.run(|task| async move { task.show_words().await }),
            Intent::CheckWords(typed) => {
                self.try_to(Busy::Saving, |task| async move { task.check_words(&typed).await })
            }
            Intent::Rate(password) => self.rate(password),
            Intent::SaveFile { password, again, ticked } => {
                self.try_to(Busy::Stretching, |task| async move { task.save_file(password, &again, ticked).await });
            }
            Intent::SaveVault { password, again } => {
                self.try_to(Busy::Stretching, |task| async move { task.save_vault(password, &again).await });
            }
            Intent::RemoveVault => self.try_to(Busy::Saving, |task| async move { task.remove_vault().await }),
            Intent::OfferLink => self.try_to(Busy::Stretching, |task| async move { task.offer_link().await }),
            Intent::UseLink(code) => self.try_to(Busy::Stretching, |task| async move { task.use_link(&code).await }),
            Intent::ConfirmLink => self.try_to(Busy::Saving, |task| async move { task.confirm_link().await }),
            Intent::StopLink => self.stop_link(),
            Intent::SaveProfile { name, picture } => {
                self.try_to(Busy::Saving, |task| async move { task.save_profile(&name, picture).await });
            }
            Intent::RenameDevice { id, name } => {
                self.try_to(Busy::Saving, |task| async move { task.rename_device(&id, &name).await });
            }
            Intent::Revoke(place) => self.try_to(Busy::Revoking(place), |task| async move { task.revoke(place).await }),
            Intent::ChangeEmail { old, new } => {
                self.try_to(Busy::Sending, |task| async move { task.change_email(&old, &new).await });
            }
            Intent::Refresh => self.run(|task| async move { task.refresh().await }),
            Intent::Export => self.try_to(Busy::Saving, |task| async move { task.export().await }),
            Intent::SignOut => self.try_to(Busy::Sending, |task| async move { task.sign_out().await }),
            Intent::Forget => self.try_to(Busy::Saving, |task| async move { task.forget().await }),
            Intent::Delete => self.try_to(Busy::Sending, |task| async move { task.delete().await }),
        }
    }

    /// Asks how far taking an address back is, if one is.
    fn follow_reclaim(&self) {
        self.run(|task| async move {
            if let Err(problem) = task.follow_reclaim().await {
                task.show(Action::Failed(problem));
            }
        });
    }

    /// Judges the password being typed; a verdict that comes after more was typed is not shown.
    fn rate(&self, password: Secret) {
        let number = self.0.rating.get().wrapping_add(1);
        self.0.rating.set(number);
        if password.expose().is_empty() {
            return self.show(Action::Rated(None));
        }
        self.run(|task| async move {
            let strength = task.strength(&password).await.ok();
            if task.bridge.0.rating.get() == number {
                task.show(Action::Rated(strength));
            }
        });
    }
}

impl Task {
    /// Shows something, unless the person has gone elsewhere.
    fn show(&self, action: Action) {
        if self.is_current() {
            self.bridge.show(action);
        }
    }

    /// Whether the screen that this is for is still there.
    fn is_current(&self) -> bool {
        self.bridge.0.screen.get() == self.screen
    }

    /// Goes to a screen, unless the person has gone elsewhere.
    fn go(&self, route: &Route) {
        if self.is_current() {
            self.bridge.go(route);
        }
    }

    /// The wallet of who is signed in.
    async fn wallet(&self) -> Result<Wallet, Problem> {
        wallet::load().await.ok_or(Problem::Storage)
    }

    async fn ask(&self, job: Job) -> Result<Outcome, Problem> {
        Ok(self.bridge.0.worker.ask(job).await?)
    }

    /// How good a password is, 0 to 4.
    async fn strength(&self, password: &Secret) -> Result<u8, Problem> {
        let mut personal = vec!["milanio".to_owned()];
        if let Some(wallet) = wallet::load().await {
            personal.push(wallet.name.clone());
            personal.extend(wallet.email.clone());
        }
        match self.ask(Job::Rate { password: password.expose().to_owned(), personal }).await? {
            Outcome::Rated(strength) => Ok(strength),
            _ => Err(Problem::Internal),
        }
    }
}

/// Seconds since 1970 by this device's clock.
fn now_s() -> u64 {
    clock::now_ms() / 1_000
}

/// Days since 1970 by this device's clock.
fn today() -> u32 {
    u32::try_from(now_s() / 86_400).unwrap_or(u32::MAX)
}

/// A new seed.
fn seed() -> Result<[u8; 32], Problem> {
    milanio_node::net::runtime::seed().map_err(|_| Problem::Internal)
}

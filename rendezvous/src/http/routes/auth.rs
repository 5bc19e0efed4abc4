//! `/api/auth/...`: registration, signing in and out, and the password's way to the vault.

use axum::{Json, extract::State, http::StatusCode};

use crate::{
    accounts::{AccountError, Asked, SignedIn},
    api::{
        ChallengeAnswer, CodeSent, EmailText, Empty, Login, OpaqueFinish, OpaqueLogin, OpaqueLoginAnswer,
        OpaqueRegister, OpaqueRegisterAnswer, OpaqueVault, OpaqueVaultAnswer, Proven, Register, Session, Verify,
    },
    core::{keyed::keyed, mail_budget::net_of},
    http::{error::Failure, extract::JsonBody, limits::Own, pace::paced, state::AppState},
};

/// `POST /api/auth/challenge`.
pub async fn challenge(
    State(state): State<AppState>,
    JsonBody(Empty {}): JsonBody<Empty>,
) -> Result<Json<ChallengeAnswer>, Failure> {
    Ok(Json(state.accounts.challenge()?))
}

/// `POST /api/auth/register`: 202, whether the address is known or not.
pub async fn register(
    State(state): State<AppState>,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<Register>>,
) -> Result<(StatusCode, Json<CodeSent>), Failure> {
    let sent = paced(state.accounts.register(&asked, &request)).await?;
    Ok((StatusCode::ACCEPTED, Json(sent)))
}

/// `POST /api/auth/verify`.
pub async fn verify(
    State(state): State<AppState>,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<Verify>>,
) -> Result<Json<Session>, Failure> {
    let session = state.accounts.verify(&asked, &request).await?;
    state.metrics.signed_up();
    state.metrics.session();
    Ok(Json(session))
}

/// `POST /api/auth/login`.
pub async fn login(
    State(state): State<AppState>,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<Login>>,
) -> Result<Json<Session>, Failure> {
    let done = state.accounts.login(&asked, &request).await;
    // Only who has proven to be the account counts against it, also with guesses at its address.
    if matches!(done, Ok(_) | Err(AccountError::EmailWrong)) {
        state.rates.check_own(Own::Login, *request.body.account.as_bytes())?;
    }
    let session = done?;
    state.metrics.session();
    Ok(Json(session))
}

/// `POST /api/auth/logout`: ends the sessions of this session's device.
pub async fn logout(
    State(state): State<AppState>,
    session: SignedIn,
    JsonBody(Empty {}): JsonBody<Empty>,
) -> Result<StatusCode, Failure> {
    state.accounts.logout(&session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/auth/opaque/register`.
pub async fn opaque_register(
    State(state): State<AppState>,
    session: SignedIn,
    JsonBody(request): JsonBody<OpaqueRegister>,
) -> Result<Json<OpaqueRegisterAnswer>, Failure> {
    Ok(Json(state.accounts.opaque_register(&session, &request)?))
}

/// `POST /api/auth/opaque/login`: an answer for every address.
pub async fn opaque_login(
    State(state): State<AppState>,
    asked: Asked,
    JsonBody(request): JsonBody<OpaqueLogin>,
) -> Result<Json<OpaqueLoginAnswer>, Failure> {
    check_guess(&state, &asked, &request.email)?;
    Ok(Json(paced(state.accounts.opaque_login(&request)).await?))
}

/// `POST /api/auth/opaque/finish`: 202 and a letter for who knew the password; else 403, whoever has the address.
pub async fn opaque_finish(
    State(state): State<AppState>,
    asked: Asked,
    JsonBody(request): JsonBody<OpaqueFinish>,
) -> Result<(StatusCode, Json<CodeSent>), Failure> {
    let sent = paced(state.accounts.opaque_finish(&asked, &request)).await?;
    Ok((StatusCode::ACCEPTED, Json(sent)))
}

/// `POST /api/auth/opaque/vault`.
pub async fn opaque_vault(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<OpaqueVault>,
) -> Result<Json<OpaqueVaultAnswer>, Failure> {
    Ok(Json(state.accounts.opaque_vault(&request).await?))
}

// Guesses at one address from one network: nobody can lock the owner out from elsewhere.
fn check_guess(state: &AppState, asked: &Asked, email: &EmailText) -> Result<(), Failure> {
    let target = state.accounts.login_target(email)?;
    let net = net_of(asked.from).to_string();
    state.rates.check_own(Own::Password, keyed(&target, "password-guess", &[net.as_bytes()]))
}

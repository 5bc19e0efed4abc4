// What a person sees of the server's limits: codes that end, waits that count down, and a mail server that is away.

import assert from "node:assert/strict";

import { SLOW_MS, askToSignUp, screen, typeCode } from "./accounts.mjs";
import { MailServer } from "./mail-server.mjs";
import { scene } from "./scene.mjs";

const EMAIL = "ines@example.org";
/** How long a code lasts, and a bit. */
const OVER_S = 601;

const seconds = (text) => {
  const [, minutes, rest] = text.match(/in (?:(\d+):)?(\d+)/);
  return 60 * Number(minutes ?? 0) + Number(rest);
};

scene("a wait that the server asks for counts down, is told politely, and ends", { mail: true }, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource/);
  await askToSignUp(ines, EMAIL);
  assert.match(await ines.page.getByText("Send again in").textContent(), /in (1:00|[1-5]?\d s)/);
  await ines.at("verify-change").click();
  await ines.at("signup-name").fill("Ines");
  await ines.at("signup-email").fill(EMAIL);
  await ines.at("signup-submit").click();

  // The server itself: one letter a minute to one address.
  const problem = ines.at("problem");
  await problem.filter({ hasText: "Too many tries" }).waitFor();
  const seen = () => problem.locator('[aria-hidden="true"]').last().textContent();
  const told = await problem.locator(".sr-only").textContent();
  const shown = await seen();
  const first = seconds(shown);
  assert.ok(first > 0 && first <= 60, `${first} s`);
  const changed = (shown) => document.querySelector('[data-testid="problem"]').lastChild.textContent !== shown;
  await ines.waitFor(changed, shown, "fewer seconds");
  assert.ok(seconds(await seen()) < first);
  assert.equal(await problem.locator(".sr-only").textContent(), told, "it is read out once, not every second");
  const submit = ines.at("signup-submit");
  assert.equal(await submit.getAttribute("aria-disabled"), "true");
  let asked = 0;
  ines.page.on("request", (request) => (asked += request.url().endsWith("/api/auth/register") ? 1 : 0));
  await ines.at("signup-email").fill(EMAIL);
  await ines.at("signup-email").press("Enter");
  assert.equal(await submit.getAttribute("aria-disabled"), "true", "typing does not end the wait");
  assert.equal(asked, 0, "and nothing is asked meanwhile");

  // A short wait, to its end.
  const other = await scene.person("Ravi");
  other.expect(/Failed to load resource/);
  const body = { code: "rate_limited", message: "too many requests", retry_after_s: 3, request_id: "test" };
  const limited = { status: 429, contentType: "application/json", headers: { "retry-after": "3" }, body: JSON.stringify(body) };
  await other.page.route("**/api/auth/register", (route) => route.fulfill(limited), { times: 1 });
  await other.open("signup");
  await other.at("signup-name").fill("Ravi");
  await other.at("signup-email").fill("ravi@example.org");
  await other.at("signup-submit").click();
  await other.at("problem").filter({ hasText: "Too many tries" }).waitFor();
  await other.page.getByRole("status").filter({ hasText: "You can try again now" }).waitFor();
  assert.equal(await other.at("signup-submit").getAttribute("aria-disabled"), null);
  await other.at("signup-submit").click();
  await other.at("verify-code").waitFor();
});

scene("asking for another mail too often is told, and the code that was sent still works", { mail: true, server: { limits: "lab" } }, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource/);
  await ines.page.clock.install();
  await askToSignUp(ines, EMAIL);
  const code = MailServer.code(await scene.mail.letter(EMAIL));
  const body = { code: "rate_limited", message: "too many requests", retry_after_s: 1800, request_id: "test" };
  await ines.page.route("**/api/auth/register", (route) => route.fulfill({ status: 429, contentType: "application/json", body: JSON.stringify(body) }));
  await ines.page.clock.fastForward(61_000);
  await ines.at("verify-resend").click();
  await ines.at("problem").filter({ hasText: "The last code still works" }).waitFor();
  await ines.page.getByText(/Send again in (30:00|29:)/).waitFor();
  await ines.at("verify-code").fill(code);
  await ines.at("verify-submit").click();
  await ines.at("phrase-show").waitFor();
});

scene("a code that has expired says so, and a new one works", { mail: true, server: { limits: "lab" } }, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource/);
  await ines.page.clock.install();
  await askToSignUp(ines, EMAIL);
  const first = MailServer.code(await scene.mail.letter(EMAIL));
  await ines.page.clock.fastForward(OVER_S * 1_000);
  await ines.at("code-expired").filter({ hasText: "Ask for a new one" }).waitFor();
  await ines.at("verify-code").fill(first === "0000-0000" ? "1111-1111" : "0000-0000");
  await ines.at("verify-submit").click();
  await ines.page.locator("#verify-code-problem", { hasText: "expired" }).waitFor();
  const after = scene.mail.letters.length;
  await ines.at("verify-resend").click();
  await ines.page.getByRole("status").filter({ hasText: "A new code is on its way" }).waitFor();
  await ines.at("code-expired").waitFor({ state: "detached" });
  await typeCode(ines, scene.mail, EMAIL, after);
  await ines.at("phrase-show").waitFor();
});

scene("a sign-up link that is opened too late leads to a new code", { mail: true, server: { limits: "lab" } }, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource/);
  await ines.page.clock.install();
  await askToSignUp(ines, EMAIL);
  const link = MailServer.link(await scene.mail.letter(EMAIL)).replace(/.{8}$/, "00000000");
  await ines.page.clock.fastForward(OVER_S * 1_000);
  await ines.page.goto("about:blank");
  await ines.page.goto(link);
  await screen(ines, "This link has expired", SLOW_MS);
  await ines.page.getByRole("link", { name: "Ask for a new code" }).click();
  await ines.at("signup-email").waitFor();
});

scene("a mail server that is down, a server that is away and no network are told apart", { server: { limits: "lab" } }, async (scene) => {
  const ines = await scene.person("Ines");
  ines.expect(/Failed to load resource|ERR_/);
  await ines.open("signup");
  await ines.at("signup-name").fill("Ines");
  await ines.at("signup-email").fill(EMAIL);
  const problem = ines.at("problem");
  const body = JSON.stringify({ code: "mail_unavailable", message: "no mail", request_id: "test" });
  await ines.page.route("**/api/auth/register", (route) => route.fulfill({ status: 503, contentType: "application/json", body }), { times: 1 });
  await ines.at("signup-submit").click();
  await problem.filter({ hasText: "cannot send mail at the moment" }).waitFor();
  await ines.page.route("**/api/auth/register", (route) => route.abort(), { times: 1 });
  await ines.at("signup-submit").click();
  await problem.filter({ hasText: "The server cannot be reached" }).waitFor();
  await ines.context.setOffline(true);
  await ines.at("signup-submit").click();
  await problem.filter({ hasText: "This device has no network" }).waitFor();
  await ines.context.setOffline(false);
  assert.equal(await ines.at("signup-email").inputValue(), EMAIL, "nothing has to be typed again");
});

// How the account screens look, and whether everybody can use them: pictures in two themes and two sizes, and axe on each.

import { PASSWORD, backUpByWords, devices, go, screen, signUp } from "./accounts.mjs";
import { SIZES, THEMES, judge } from "./looks.mjs";
import { scene } from "./scene.mjs";

for (const [size, options] of Object.entries(SIZES)) {
  for (const theme of THEMES) {
    const look = `${theme}-${size}`;
    const context = { ...options, colorScheme: theme, reducedMotion: "reduce" };
    const setting = { mail: true, server: { limits: "lab" }, timeout: 180_000 };

    scene(`every account screen is usable: ${look}`, setting, async (scene) => {
      const ines = await scene.person("Ines Duarte", { context });
      ines.expect(/Failed to load resource/);
      await ines.open("signup");
      await ines.at("signup-name").fill("Ines Duarte");
      await ines.at("signup-email").fill("ines@studio");
      await ines.at("signup-submit").click();
      await ines.page.locator("#signup-email-problem").waitFor();
      await judge(ines, "account-signup", look);
      await go(ines, "signin");
      await screen(ines, "Sign in");
      await judge(ines, "account-signin", look);
      await go(ines, "signin/password");
      await ines.at("signin-submit").waitFor();
      await judge(ines, "account-password", look);
      await go(ines, "restore/phrase");
      await ines.at("restore-phrase").fill("one two");
      await ines.at("restore-submit").click();
      await ines.page.locator("#restore-phrase-problem").waitFor();
      await judge(ines, "account-phrase", look);
      await go(ines, "restore/file");
      await ines.at("restore-file").waitFor();
      await judge(ines, "account-file", look);
      await go(ines, "link");
      await ines.at("link-code").waitFor({ timeout: 60_000 });
      await judge(ines, "account-link-new", look);

      await go(ines, "signup");
      await ines.at("signup-name").fill("Ines Duarte");
      await ines.at("signup-email").fill("ines@example.org");
      await ines.at("signup-submit").click();
      await ines.at("verify-code").waitFor();
      await judge(ines, "account-mail", look);
      await ines.at("verify-change").click();
      await ines.at("signup-submit").waitFor();
      await signUp(ines, scene.mail, "ines.duarte@example.org");
      await judge(ines, "account-words-hidden", look);
      await ines.at("phrase-show").click();
      await ines.at("phrase-word").first().waitFor();
      await judge(ines, "account-words", look);
      await go(ines, "account");
      await ines.at("signout").waitFor();
      await judge(ines, "account-menu", look);
      await go(ines, "backup");
      await backUpByWords(ines);
      await go(ines, "backup/password");
      await ines.at("vault-password").fill(PASSWORD);
      await ines.page.locator(".strength-3, .strength-4").waitFor({ timeout: 60_000 });
      await judge(ines, "account-vault", look);
      await go(ines, "backup/file");
      await ines.at("file-save").click();
      await ines.page.locator("#file-password-problem").waitFor();
      await judge(ines, "account-backup-file", look);
      await devices(ines, 1);
      await judge(ines, "account-devices", look);
      for (const tab of ["profile", "email", "backups", "data"]) {
        await go(ines, `settings/${tab}`);
        await ines.page.locator(`[data-testid="settings-${tab}"][aria-current="page"]`).waitFor();
        await judge(ines, `account-${tab}`, look);
      }
      await ines.at("data-forget").click();
      await judge(ines, "account-forget", look);
    });
  }
}

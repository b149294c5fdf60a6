// The foreign packages, and the conversation with the test: a task comes in as a line of JSON, wishes go
// out and are answered (see script.rs).

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.env.MONETA_FOREIGN}/package.json`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** openid-client */
export const oidc = require('openid-client');

/** jose */
export const jose = require('jose');

async function hear() {
  const { value, done } = await lines.next();
  if (done) throw new Error('the test has gone');
  return JSON.parse(value);
}

function say(wish) {
  process.stdout.write(`${JSON.stringify(wish)}\n`);
}

/** What there is to do. */
export const task = await hear();

async function navigate(wish) {
  say(wish);
  const { url, body } = await hear();
  if (body === undefined) return new URL(url);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return new Request(url, { method: 'POST', headers, body });
}

/** Lets the end-user open `url`, sign in and allow; gives back the authorization response. */
export const allow = (url) => navigate({ open: String(url) });

/** Lets the end-user open `url`, sign in and deny; gives back the authorization response. */
export const deny = (url) => navigate({ deny: String(url) });

/** Lets the end-user decide a backchannel request, and the provider's clock move on. */
export function decide(auth_req_id, decision) {
  say({ decide: { auth_req_id, decision } });
  return hear();
}

/** Ends the script. */
export function report(facts) {
  say({ report: facts });
  process.exit();
}

// Tokens by jose for Moneta's verifier: a good one and one for each thing that can be wrong, for every
// algorithm. All carry the claims of the task, under the key names of the task.

import { jose, report, task } from './conversation.mjs';

const { claims, now } = task;
const algs = Object.keys(task.kids);

/** Two fresh pairs for every algorithm: the known signer's, and one that is nobody's. */
const own = {};
const foreign = {};
for (const alg of algs) {
  own[alg] = await jose.generateKeyPair(alg);
  foreign[alg] = await jose.generateKeyPair(alg);
}

const sign = (header, changed = {}, { privateKey } = own[header.alg]) =>
  new jose.SignJWT({ ...claims, ...changed })
    .setProtectedHeader({ typ: 'JWT', ...header })
    .sign(privateKey);

const keys = [];
const thumbprints = {};
const tokens = {};
for (const [index, alg] of algs.entries()) {
  const kid = task.kids[alg];
  const jwk = { ...(await jose.exportJWK(own[alg].publicKey)), kid, alg, use: 'sig' };
  keys.push(jwk);
  thumbprints[kid] = await jose.calculateJwkThumbprint(jwk);
  const shared = new TextEncoder().encode(JSON.stringify(jwk));
  const unsecured = new jose.UnsecuredJWT(claims).encode();
  const encrypted = new jose.EncryptJWT(claims).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' });
  const another = algs[(index + 1) % algs.length];
  tokens[alg] = {
    good: await sign({ alg, kid }),
    of_another_signer: await sign({ alg, kid }, {}, foreign[alg]),
    by_another_alg: await sign({ alg: another, kid }),
    by_hmac: await new jose.SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid }).sign(shared),
    unsecured,
    of_an_unknown_key: await sign({ alg, kid: 'unknown' }),
    of_no_key: await sign({ alg }),
    critical: await sign({ alg, kid, b64: true, crit: ['b64'] }),
    of_another_kind: await sign({ alg, kid, typ: 'at+jwt' }),
    encrypted: await encrypted.encrypt(new Uint8Array(32)),
    of_another_issuer: await sign({ alg, kid }, { iss: 'https://evil.test' }),
    for_another_audience: await sign({ alg, kid }, { aud: 'evil' }),
    expired: await sign({ alg, kid }, { exp: now - 60 }),
    too_early: await sign({ alg, kid }, { nbf: now + 60 }),
    without_expiry: await sign({ alg, kid }, { exp: undefined }),
  };
}

report({ keys, thumbprints, tokens });

// What Moneta signed, looked at by jose.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { jose, report, task } from './conversation.mjs';

const keys = jose.createLocalJWKSet(task.jwks);

/** The left half of the hash that belongs to `alg` (OpenID Connect Core 1.0, section 3.1.3.6). */
function halfHash(alg, value) {
  const hash = createHash(alg === 'EdDSA' ? 'sha512' : 'sha256').update(value).digest();
  return hash.subarray(0, hash.length / 2).toString('base64url');
}

const claims = [];
for (const { jwt, alg, typ, audience } of task.tokens) {
  const options = { algorithms: [alg], typ, audience, issuer: task.issuer };
  const verified = await jose.jwtVerify(jwt, keys, options);
  const [header, , signature] = jwt.split('.');
  const payload = jose.base64url.encode(JSON.stringify({ ...verified.payload, sub: 'mallory' }));
  const altered = jose.jwtVerify(`${header}.${payload}.${signature}`, keys, options);
  await assert.rejects(altered, jose.errors.JWSSignatureVerificationFailed);
  claims.push(verified.payload);
}

const thumbprints = {};
for (const jwk of task.jwks.keys) thumbprints[jwk.kid] = await jose.calculateJwkThumbprint(jwk);

const hashes = task.values.map(({ alg, value }) => halfHash(alg, value));

report({ claims, thumbprints, hashes });

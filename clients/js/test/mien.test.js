/** Against a live system: MIEN_URL says where it is, MIEN_PHOTO names a photo with one face. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Mien, MienError, verifyWebhook } from "../mien.js";

const mien = new Mien(process.env.MIEN_URL);
const photo = new Uint8Array(await readFile(process.env.MIEN_PHOTO));

test("a photo is answered, as bytes and as base64", async () => {
  const answer = await mien.detect(photo);
  assert.equal(answer.faces.length, 1);
  assert.equal(answer.emotion, answer.faces[0].emotion);
  assert.deepEqual(await mien.detect(Buffer.from(photo).toString("base64")), answer);
});

test("the plain post of any tutorial works", async () => {
  const response = await fetch(`${process.env.MIEN_URL}/detect_emotion`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ image: Buffer.from(photo).toString("base64") }),
  });
  assert.equal((await response.json()).faces.length, 1);
});

test("a job of two images, one of them broken", async () => {
  const job = await mien.submit([photo, new Uint8Array([1, 2, 3])], { metadata: { album: 17 }, wait: 30 });
  const { items, metadata } = await mien.wait(job.id);
  assert.equal(items[0].result.faces.length, 1);
  assert.equal(items[1].error.code, "not_an_image");
  assert.deepEqual(metadata, { album: 17 });
});

test("events end with the result", async () => {
  const job = await mien.submit([photo]);
  const states = [];
  for await (const { state } of mien.events(job.id)) states.push(state);
  assert.equal(states.at(-1), "succeeded");
});

test("errors carry the server's code and sentence", async () => {
  await assert.rejects(mien.detect("not base64!"), (error) => {
    assert.ok(error instanceof MienError);
    assert.equal(error.status, 422);
    assert.equal(error.code, "not_base64");
    return true;
  });
  await assert.rejects(mien.get("never"), { code: "job_not_found" });
});

test("webhooks are verified", async () => {
  const secret = Buffer.from("a secret of some length").toString("base64");
  const body = JSON.stringify({ type: "job.succeeded" });
  const at = String(Math.floor(Date.now() / 1000));
  const sign = (text) => createHmac("sha256", Buffer.from(secret, "base64")).update(text).digest("base64");
  const headers = { "webhook-id": "msg_1", "webhook-timestamp": at, "webhook-signature": `v1,${sign(`msg_1.${at}.${body}`)}` };
  assert.deepEqual(await verifyWebhook(`whsec_${secret}`, body, headers), { type: "job.succeeded" });
  await assert.rejects(verifyWebhook(`whsec_${secret}`, `${body} `, headers), /signature/);
  await assert.rejects(verifyWebhook(`whsec_${secret}`, body, headers, { now: Date.now() + 600_000 }), /old/);
  await assert.rejects(verifyWebhook(`whsec_${secret}`, body, {}), /not signed/);
});

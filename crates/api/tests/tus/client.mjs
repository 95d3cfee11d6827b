// The real client of the tus protocol against the real server; run by ../it/tus_client.rs.
//
//   node client.mjs login BASE                        prints a token
//   node client.mjs upload BASE TOKEN FILE MEMORY     prints "at N" after each piece, at last "video ID"
//   node client.mjs compare BASE TOKEN VIDEO FILE     prints "same" or "different"
//
// MEMORY is the file in which the client remembers uploads it began. With DIE_AT=N in the environment the client kills
// itself, without a word to the server, once it has sent N bytes.

import fs from 'node:fs'
import * as tus from 'tus-js-client'

const PIECE_BYTES = 256 * 1024
// Long enough for a server to start again.
const RETRY_DELAYS_MS = Array(120).fill(500)

const [, , command, base, ...rest] = process.argv

async function login() {
  const account = { email: 'drummer@example.com', password: 'Secure-pass-123' }
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(account) }
  await fetch(`${base}/users/register`, json)
  const answer = await (await fetch(`${base}/users/login`, json)).json()
  console.log(answer.access_token)
}

async function upload(token, file, memory) {
  const dieAt = Number(process.env.DIE_AT ?? Infinity)
  let video = ''
  const upload = new tus.Upload(fs.createReadStream(file), {
    endpoint: `${base}/uploads`,
    headers: { authorization: `Bearer ${token}` },
    metadata: { filename: 'long take.wav', filetype: 'audio/wav' },
    chunkSize: PIECE_BYTES,
    retryDelays: RETRY_DELAYS_MS,
    urlStorage: new tus.FileUrlStorage(memory),
    removeFingerprintOnSuccess: true,
    // Half a piece beyond: the connection is cut in the middle of a request.
    onProgress: (sent) => sent >= dieAt && process.kill(process.pid, 'SIGKILL'),
    onChunkComplete: (_, accepted) => console.log(`at ${accepted}`),
    onAfterResponse: (_, response) => { video = response.getHeader('Backbeat-Video-Id') || video },
    onSuccess: () => console.log(`video ${video}`),
    onError: (error) => { console.error(String(error)); process.exit(1) },
  })
  const [previous] = await upload.findPreviousUploads()
  if (previous) {
    upload.resumeFromPreviousUpload(previous)
    console.log('resumes')
  }
  upload.start()
}

async function compare(token, video, file) {
  const answer = await fetch(`${base}/videos/${video}/download`, { headers: { authorization: `Bearer ${token}` } })
  const theirs = Buffer.from(await answer.arrayBuffer())
  console.log(theirs.equals(fs.readFileSync(file)) ? 'same' : 'different')
}

await { login, upload, compare }[command](...rest)

// Preloaded with --import: plays another program that changes the firewall between a reading and a change. It runs the
// shell command CHANGE_BEFORE once, just before this process sends its first batch of nf_tables changes.
import { execFileSync } from 'node:child_process'
import { onBatch } from './on-batch.mjs'

let command = process.env.CHANGE_BEFORE

onBatch(() => {
  if (command === undefined) return
  const once = command
  command = undefined
  execFileSync('/bin/sh', ['-c', once], { env: { ...process.env, NODE_OPTIONS: '' } })
})

// Preloaded with --import: runs the shell command CHANGE_BEFORE once, just before this process sends its first batch of
// changes of nf_tables: what another program does between a reading and a change.
import { execFileSync } from 'node:child_process'
import { onBatch } from './on-batch.mjs'

let command = process.env.CHANGE_BEFORE

onBatch(() => {
  if (command === undefined) return
  const once = command
  command = undefined
  execFileSync('/bin/sh', ['-c', once], { env: { ...process.env, NODE_OPTIONS: '' } })
})

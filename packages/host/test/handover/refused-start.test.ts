import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const built = JSON.stringify(new URL('../../dist/handover/index.js', import.meta.url).href)

/** A watch whose environment is too long to start a program (E2BIG, which Node throws). It is asked for a call. */
const program = (folder: string): string => `
  import { handOver, listenForCalls } from ${built}
  const folder = ${JSON.stringify(folder)}
  const end = listenForCalls(folder + '/calls')
  process.env.TOO_LONG = 'x'.repeat(200_000)
  const call = { server: folder + '/server.cjs', version: '1', plugin: 'cni', arguments: [], environment: {}, stdin: '', place: '' }
  console.log(await handOver({ ...call, warn: () => {} }, folder + '/calls'))
  end()`

test('a watch that cannot start the process for a call refuses the call, and goes on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-refused-'))
  try {
    mkdirSync(join(folder, 'calls'), { mode: 0o700 })
    writeFileSync(join(folder, 'server.cjs'), '', { mode: 0o600 })
    writeFileSync(join(folder, 'program.mjs'), program(folder))
    const printed = execFileSync(process.execPath, [join(folder, 'program.mjs')], { encoding: 'utf8' })
    expect(printed).toBe('null\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

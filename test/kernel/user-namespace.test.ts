import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { run } from '../lab/run.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const jest = fileURLToPath(new URL('../../node_modules/jest/bin/jest.js', import.meta.url))

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}

// The rights that an ordinary user can get: root in a user namespace, without any on the machine.
const inside = ['unshare', '--user', '--map-root-user', '--net', '--mount', 'sh', '-ec']

describe('without any privilege on the machine', () => {
  test('the small contract holds inside `unshare -Urnm` with a tmpfs on /run', async () => {
    const { exitCode, stderr } = await run([...inside, 'mount -t tmpfs tmpfs /run'])
    if (exitCode !== 0) {
      const text = `NOT RUN: user namespaces are not to be had here: ${stderr}`
      if (process.env.CI === 'true') throw new Error(text)
      process.stderr.write(`\n*** ${text}\n`)
      return
    }
    const arguments_ = ['--selectProjects', 'kernel', '--json', '--runInBand', '--reporters', 'default']
    const { stdout, ...rest } = await run(
      [
        ...inside,
        'mount -t tmpfs tmpfs /run; cd "$1"; shift; exec "$@"',
        'sh',
        repository,
        process.execPath,
        jest,
        ...arguments_,
        '--',
        'small-contract',
      ],
      // A suite that cannot run in there must fail.
      { environment: { CI: 'true' }, timeoutMs: 100_000 },
    )
    const start = stdout.indexOf('{"')
    if (start === -1) throw new Error(`jest exited ${rest.exitCode}:\n${rest.stderr}\n${stdout}`)
    const report = fromJson<Report>(stdout.slice(start).split('\n')[0] ?? '')
    if (report.numFailedTests > 0) throw new Error(rest.stderr)
    expect(report).toMatchObject({ numPassedTests: 2, numPendingTests: 0 })
  })
})

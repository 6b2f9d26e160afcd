import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { runModule, watching } from './monitor/watching.ts'

/**
 * With such an environment the kernel starts no program (E2BIG). Node throws this error at once. It reports others,
 * such as ENOENT, by an event.
 */
const tooLong = `process.env.TOO_LONG = 'x'.repeat(200_000)`

describeOnKernel('a monitor whose listening process cannot be started', 'nftables', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
  })
  afterAll(() => lab?.[Symbol.asyncDispose]())

  test('is not opened, and the error names the reason', async () => {
    const seen = await runModule(
      lab,
      `import { openMonitor } from '@portolan/host'
      ${tooLong}
      await openMonitor().catch(({ code, message }) => console.log(JSON.stringify({ code, message })))`,
    )
    expect(seen).toEqual({ code: 'NETLINK', message: expect.stringContaining('E2BIG') })
  })

  test('again after it was killed ends with an error, and the program goes on', async () => {
    const seen = await watching(
      lab,
      `import { execFileSync } from 'node:child_process'
      const pid = Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', 'portolan-monitor']))
      ${tooLong}
      process.kill(pid, 'SIGKILL')
      const { code, message } = await monitor.next().catch((error) => error)
      report({ code, message, later: (await monitor.next()).done })`,
      'openMonitor()',
    )
    expect(seen).toEqual({ code: 'NETLINK', message: expect.stringContaining('E2BIG'), later: true })
  })

  test('is not opened either when the process ends each time before it has answered', async () => {
    const seen = await runModule(
      lab,
      `import childProcess from 'node:child_process'
      import { syncBuiltinESMExports } from 'node:module'
      import { openMonitor } from '@portolan/host'
      const { spawn } = childProcess
      let started = 0
      childProcess.spawn = (...words) => {
        started += 1
        // It says that it is ready, and is killed before it hears the first request.
        return spawn(...words).on('message', function () { this.kill('SIGKILL') })
      }
      syncBuiltinESMExports()
      await openMonitor().catch(({ code }) => console.log(JSON.stringify({ code, started })))`,
    )
    expect(seen).toEqual({ code: 'NETLINK', started: 5 })
  })
})

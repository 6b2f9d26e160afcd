import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { watching } from './monitor/watching.ts'

/** Takes the notices that wait, and no others. */
const taking = `
  import { execFileSync } from 'node:child_process'
  import { readFileSync } from 'node:fs'
  const NONE = { value: null }
  let asked = null
  const taken = async () => {
    const notices = []
    for (;;) {
      asked ??= monitor.next()
      const { value } = await Promise.race([asked, new Promise((resolve) => setImmediate(() => resolve(NONE)))])
      if (value === null) return notices
      asked = null
      notices.push(value)
    }
  }
  const listener = () => Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', 'portolan-monitor']))
  const stop = (pid) => {
    process.kill(pid, 'SIGSTOP')
    while (!readFileSync('/proc/' + pid + '/stat', 'utf8').includes(') T '));
  }`

describeOnKernel('caughtUp of a monitor', 'nftables', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
    await lab.host.ip('link add br-web type bridge', 'link set br-web up')
    await lab.host.quiet()
  })
  afterAll(() => lab?.[Symbol.asyncDispose]())

  test('resolves after the notices about all earlier changes of rules and of the network', async () => {
    const seen = await watching(
      lab,
      `${taking}
      const changes = [
        ['rules', 'nft', 'add', 'table', 'ip', 'one'],
        ['address', 'ip', 'addr', 'add', '10.9.0.1/24', 'dev', 'br-web'],
        ['address', 'ip', 'addr', 'del', '10.9.0.1/24', 'dev', 'br-web'],
        ['rule', 'ip', 'rule', 'add', 'fwmark', '7', 'lookup', '70'],
        ['rule', 'ip', 'rule', 'del', 'fwmark', '7', 'lookup', '70'],
        ['sysctl', 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/br-web/rp_filter'],
        ['sysctl', 'sh', '-c', 'echo 2 > /proc/sys/net/ipv4/conf/br-web/rp_filter'],
        ['link', 'ip', 'link', 'set', 'br-web', 'mtu', '1400'],
        ['link', 'ip', 'link', 'set', 'br-web', 'mtu', '1500'],
        ['rules', 'nft', 'delete', 'table', 'ip', 'one'],
      ]
      const missed = []
      for (let round = 0; round < 10; round += 1)
        for (const [kind, ...argv] of changes) {
          await run(...argv)
          await monitor.caughtUp()
          if (!(await taken()).some((notice) => notice.kind === kind)) missed.push(argv)
        }
      report(missed)`,
      'openMonitor()',
    )
    expect(seen).toEqual([])
  })

  test('waits while the listening process is stopped, also when it is called several times at once', async () => {
    const seen = await watching(
      lab,
      `${taking}
      const pid = listener()
      stop(pid)
      await run('nft', 'add', 'table', 'ip', 'slow')
      let isThere = false
      const all = Promise.all([1, 2, 3].map(() => monitor.caughtUp())).then(() => { isThere = true })
      await new Promise((resolve) => setTimeout(resolve, 300))
      const [before, early] = [isThere, await taken()]
      process.kill(pid, 'SIGCONT')
      await all
      report({ before, early, notices: await taken() })`,
      'openMonitor()',
    )
    expect(seen).toMatchObject({
      before: false,
      early: [],
      notices: [{ kind: 'rules', tables: [{ name: 'slow' }] }],
    })
  })

  test('resolves with a loss when the listening process is killed, and resolves at once when the monitor is closed', async () => {
    const seen = await watching(
      lab,
      `${taking}
      const pid = listener()
      stop(pid)
      const first = monitor.caughtUp()
      process.kill(pid, 'SIGKILL')
      await first
      const notices = await taken()
      await run('nft', 'add', 'table', 'ip', 'again')
      await monitor.caughtUp()
      notices.push(...await taken())
      stop(listener())
      const last = monitor.caughtUp()
      await monitor.close()
      await last
      await monitor.caughtUp()
      report(notices)`,
      'openMonitor()',
    )
    expect(seen).toMatchObject([{ kind: 'lost' }, { kind: 'rules', tables: [{ name: 'again' }] }])
  })

  test('resolves only after the loss is reported when a new process has just begun to listen', async () => {
    const seen = await watching(
      lab,
      `${taking}
      const started = async (before) => {
        for (;;) {
          await new Promise((resolve) => setImmediate(resolve))
          try {
            if (listener() !== before) return
          } catch {
            // There is none yet.
          }
        }
      }
      const notices = []
      for (let round = 0; round < 3; round += 1) {
        const pid = listener()
        process.kill(pid, 'SIGKILL')
        await run('nft', 'add', 'table', 'ip', 'unheard')
        await started(pid)
        await monitor.caughtUp()
        notices.push((await taken()).map(({ kind }) => kind))
      }
      report(notices)`,
      'openMonitor()',
    )
    // The new process may see the table too. The loss comes before it.
    expect((seen as readonly string[][]).map(([first]) => first)).toEqual(['lost', 'lost', 'lost'])
  })

  test('keeps a program alive that waits for nothing else', async () => {
    const seen = await watching(
      lab,
      `for (let round = 0; round < 100; round += 1) await monitor.caughtUp()
      report('there')`,
      'openMonitor()',
    )
    expect(seen).toBe('there')
  })
})

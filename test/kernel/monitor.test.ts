import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { runModule, watching } from './monitor/watching.ts'

interface Notice {
  readonly kind: string
  readonly [key: string]: unknown
}

/** The notices about one command, up to the one of this kind, action and other keys. */
const noticesUpTo = async (lab: Lab, command: readonly string[], last: object): Promise<readonly Notice[]> =>
  (await watching(
    lab,
    `const last = ${JSON.stringify(last)}
    await run(...${JSON.stringify(command)})
    report(await until((notice) => Object.entries(last).every(([key, value]) => notice[key] === value)))`,
  )) as readonly Notice[]

describeOnKernel('a monitor of rules', 'nftables', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
    // Waits for a quiet host, so that later notices come from the test.
    await lab.host.quiet()
  })
  afterAll(() => lab?.[Symbol.asyncDispose]())

  const rules = `table inet ours {
    set s { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 }; }
    chain c { ip saddr @s accept; }
  }
  table ip6 theirs { }`

  const byNft = { pid: expect.any(Number), name: 'nft' }

  test.each<readonly [string, readonly string[], readonly object[]]>([
    [
      'nft flush ruleset',
      ['nft', 'flush', 'ruleset'],
      [
        { family: 'inet', name: 'ours', action: 'removed' },
        { family: 'ip6', name: 'theirs', action: 'removed' },
      ],
    ],
    [
      'nft delete table',
      ['nft', 'delete', 'table', 'inet', 'ours'],
      [{ family: 'inet', name: 'ours', action: 'removed' }],
    ],
    [
      'nft flush table',
      ['nft', 'flush', 'table', 'inet', 'ours'],
      [{ family: 'inet', name: 'ours', action: 'changed', removed: 1, added: 0 }],
    ],
    [
      'nft delete element',
      ['nft', 'delete', 'element', 'inet', 'ours', 's', '{ 192.0.2.1 }'],
      [{ family: 'inet', name: 'ours', action: 'changed', removed: 1, added: 0 }],
    ],
    [
      'nft that replaces all in one transaction',
      ['nft', 'flush ruleset; table inet ours { chain d { drop; }; }'],
      [
        { family: 'inet', name: 'ours', action: 'replaced' },
        { family: 'ip6', name: 'theirs', action: 'removed' },
      ],
    ],
  ])('%s gives one notice with the program and each table', async (_title, command, tables) => {
    await lab.host.mustRun(['nft', '-f', '-'], { input: `flush ruleset\n${rules}\n` })
    const notices = await noticesUpTo(lab, command, { kind: 'rules' })
    expect(notices).toEqual([
      {
        kind: 'rules',
        generation: expect.any(Number),
        process: byNft,
        tables: tables.map((table) => expect.objectContaining(table)),
      },
    ])
  })

  test.each([
    ['iptables-nft', 'ip'],
    ['ip6tables-nft', 'ip6'],
  ])('a rule that %s inserts gives a notice with the program and the table', async (program, family) => {
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    const notices = await noticesUpTo(lab, [program, '-I', 'FORWARD', '-j', 'DROP'], { kind: 'rules' })
    expect(notices).toMatchObject([{ process: { name: program }, tables: [{ family, name: 'filter' }] }])
  })

  test('the generations of consecutive notices follow one another', async () => {
    await lab.host.mustRun(['nft', '-f', '-'], { input: `flush ruleset\n${rules}\n` })
    const notices = (await watching(
      lab,
      `for (const address of ['192.0.2.7', '192.0.2.8', '192.0.2.9'])
        await run('nft', 'add', 'element', 'inet', 'ours', 's', '{ ' + address + ' }')
      const notices = []
      while (notices.length < 3) notices.push(...await until(({ kind }) => kind !== 'link'))
      report(notices.map(({ generation }) => generation - notices[0].generation))`,
    )) as readonly number[]
    expect(notices).toEqual([0, 1, 2])
  })

  test('a transaction of a hundred thousand elements gives one whole notice or a loss, and the next change is reported', async () => {
    const seen = (await watching(
      lab,
      `import { writeFileSync } from 'node:fs'
      const elements = Array.from({ length: 100_000 }, (_, at) => '10.' + [at >> 16, at >> 8 & 255, at & 255].join('.'))
      writeFileSync('/run/lab/many.nft', 'table inet many { set s { type ipv4_addr; elements = { ' + elements + ' }; }; }')
      await run('nft', '-f', '/run/lab/many.nft')
      const first = (await until(({ kind }) => kind === 'rules' || kind === 'lost')).at(-1)
      await run('nft', 'delete', 'table', 'inet', 'many')
      const second = (await until(({ kind }) => kind === 'rules' || kind === 'lost')).at(-1)
      report([first, second])`,
    )) as readonly Notice[]
    const [first, second] = seen
    const whole = { kind: 'rules', tables: [{ name: 'many', action: 'new', added: 100_001 }] }
    expect(first).toMatchObject(first?.kind === 'lost' ? { kind: 'lost' } : whole)
    expect(second).toMatchObject({ kind: first?.kind === 'lost' ? expect.any(String) : 'rules' })
  })

  test('an overflow of the socket gives a loss, and later changes are reported', async () => {
    const seen = await watching(
      lab,
      `import { execFileSync } from 'node:child_process'
      import { readFileSync, writeFileSync } from 'node:fs'
      const elements = Array.from({ length: 20_000 }, (_, at) => '10.0.' + [at >> 8 & 255, at & 255].join('.'))
      writeFileSync('/run/lab/many.nft', 'table inet flood { set s { type ipv4_addr; elements = { ' + elements + ' }; }; }')
      // The listening process is stopped meanwhile. Else it might be fast enough to take all messages.
      const listener = Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', 'portolan-monitor']))
      process.kill(listener, 'SIGSTOP')
      while (!readFileSync('/proc/' + listener + '/stat', 'utf8').includes(') T '));
      await run('nft', '-f', '/run/lab/many.nft')
      process.kill(listener, 'SIGCONT')
      const lost = await until(({ kind }) => kind === 'lost')
      await run('nft', 'delete', 'table', 'inet', 'flood')
      await run('ip', 'link', 'set', 'lo', 'mtu', '65000')
      const next = [...await until(({ kind }) => kind === 'rules'), ...await until(({ kind }) => kind === 'link')]
      report([...lost, ...next])`,
      'openMonitor({ bufferBytes: 4096 })',
    )
    expect(seen).toMatchObject([
      { kind: 'lost', reason: expect.stringContaining('messages came faster than they could be taken') },
      { kind: 'rules', tables: [{ name: 'flood', action: 'removed' }] },
      { kind: 'link', action: 'changed', link: { name: 'lo', mtu: 65000 } },
    ])
  })

  test('a consumer that takes no notices gets a loss in place of those beyond the limit, and the latest ones', async () => {
    const seen = await watching(
      lab,
      `for (let at = 0; at < 12; at += 1) await run('nft', 'add', 'table', 'ip', 'many-' + at)
      await monitor.caughtUp()
      report(await until(({ tables }) => tables?.[0].name === 'many-11'))`,
      'openMonitor({ mostWaiting: 9 })',
    )
    expect(seen).toMatchObject([
      { kind: 'lost', reason: expect.stringContaining('More than 9 notices') },
      { kind: 'rules', tables: [{ name: 'many-10' }] },
      { kind: 'rules', tables: [{ name: 'many-11' }] },
    ])
  })

  test('a kill of the listening process gives a loss, and later changes are reported', async () => {
    const seen = await watching(
      lab,
      `import { execFileSync } from 'node:child_process'
      process.kill(Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', 'portolan-monitor'])), 'SIGKILL')
      const lost = await until(({ kind }) => kind === 'lost')
      await run('nft', 'add', 'table', 'ip', 'after')
      report([...lost, ...await until(({ kind }) => kind === 'rules')])`,
    )
    expect(seen).toMatchObject([{ kind: 'lost' }, { kind: 'rules', tables: [{ name: 'after' }] }])
  })

  test('a listening process that cannot be started again ends the monitor with an error, after the earlier notices', async () => {
    const seen = await watching(
      lab,
      `import { execFileSync } from 'node:child_process'
      await run('nft', 'add', 'table', 'ip', 'before')
      await until(({ kind }) => kind === 'rules')
      process.execPath = '/nonexistent/node'
      process.kill(Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', 'portolan-monitor'])), 'SIGKILL')
      const { code, message } = await monitor.next().catch((error) => error)
      report({ code, message, later: (await monitor.next()).done,
        refused: await openMonitor().catch(({ code }) => code) })`,
    )
    expect(seen).toEqual({
      code: 'NETLINK',
      message: expect.stringContaining('/nonexistent/node'),
      later: true,
      refused: 'NETLINK',
    })
  })

  test('a user without privilege gets an error that names the capability', async () => {
    const notices = await runModule(
      lab,
      `import { openMonitor } from '@portolan/host'
      await openMonitor().catch(({ name, needs, message }) => console.log(JSON.stringify({ name, needs, message })))`,
      ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
    )
    expect(notices).toEqual({
      name: 'PermissionError',
      needs: 'CAP_NET_ADMIN',
      message: expect.stringContaining('CAP_NET_ADMIN'),
    })
  })
})

import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { libraryLoader } from '../../lab/library/library.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShop, inShopAgain } from '../live/in-live-host.ts'
import { attach, bareMachine, heldOf, networkOf, portsOf, request, serves, web } from './in-namespace.ts'

/**
 * Opens the project with a runner that does something before or after the n-th start of `nsenter`. One call of attach
 * starts it twice.
 */
const withRunner = (n: number, when: 'before' | 'after', action: string): string => `
  const { host: system } = await import('${libraryLoader}')
  const real = system.createRunner()
  let count = 0
  const runner = { run: async (command, args, options) => {
    const isNth = command === 'nsenter' && ++count === ${n}
    if (isNth && '${when}' === 'before') ${action}
    const result = await real.run(command, args, options)
    if (isNth && '${when}' === 'after') ${action}
    return result
  } }
  const broken = await open({ project: 'shop', runner })`

const instants = [
  ['before', 1],
  ['after', 1],
  ['before', 2],
  ['after', 2],
] as const

const refusal = '({ name, code, message }) => ({ name, code, message })'

const messageOf = async (lab: Lab, backend: Backend, call: string): Promise<string> =>
  String(
    (
      (await inShopAgain(lab, backend, `report(await ${call}.then(() => ({}), ${refusal}))`)) as {
        message?: string
      }
    ).message,
  )

/** Attaches that are refused, that fail on the way, or that are killed. */
export const failures = (open: OpenLab, backend: Backend): void => {
  test.each(instants)(
    'an attach that fails %s its nsenter %d leaves no interface and no endpoint',
    async (when, n) => {
      const lab = await open()
      const one = await bareMachine(lab, 'web-1')
      await inShopAgain(lab, backend, `${web}; report(0)`)
      const before = await heldOf(lab)
      const found = await inShopAgain(
        lab,
        backend,
        `${withRunner(n, when, `throw new Error('injected')`)}
       const failed = await broken.attach(${request(one, 'web-1')}).then(() => null, ({ message }) => message)
       await broken.close()
       report([failed, host.endpoints()])`,
      )
      expect(found).toEqual(['injected', []])
      expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
      expect(await portsOf(lab)).toEqual([])
      expect(await heldOf(lab)).toEqual(before)
    },
  )

  test.each(instants)(
    'an attach that is killed %s its nsenter %d is completed by the next attach, and detach removes it',
    async (when, n) => {
      const lab = await open()
      const one = await bareMachine(lab, 'web-1')
      await inShopAgain(lab, backend, `${web}; report(0)`)
      const before = await heldOf(lab)
      const killed = inShop(
        lab,
        backend,
        `${withRunner(n, when, `process.kill(process.pid, 'SIGKILL')`)}
         await broken.attach(${request(one, 'web-1')}); report('not killed')`,
      )
      await expect(killed).rejects.toThrow()
      // The interface that is left names its owner in its alias.
      expect(await portsOf(lab)).toHaveLength(1)
      const { stdout } = await lab.portolan(['status', '--state', '/run/lab/live', '--json'])
      expect(stdout).not.toContain('foreign')
      await attach(lab, backend, one)
      await inShopAgain(
        lab,
        backend,
        "await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } }); report(0)",
      )
      expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web-1', 'web-1'])
      await inShopAgain(lab, backend, "await host.detach('web-1'); report(0)")
      expect(await heldOf(lab)).toEqual(before)
    },
  )

  test('detach alone removes the interface that a killed attach left, and so does destroy', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    for (const remove of [
      () => inShopAgain(lab, backend, "await host.detach('web-1'); report(host.endpoints())"),
      () => lab.portolan(['destroy', '-p', 'shop', '--yes', '--state', '/run/lab/live']),
    ]) {
      await inShopAgain(lab, backend, `${web}; report(0)`)
      await expect(
        inShop(
          lab,
          backend,
          `${withRunner(1, 'before', `process.kill(process.pid, 'SIGKILL')`)}
           await broken.attach(${request(one, 'web-1')})`,
        ),
      ).rejects.toThrow()
      expect(await portsOf(lab)).toHaveLength(1)
      await remove()
      expect(await portsOf(lab)).toEqual([])
      expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    }
  })

  test('four programs that attach one endpoint at once all get the same interface and addresses', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    const all = (await inShopAgain(
      lab,
      backend,
      `${web}
       const hosts = await Promise.all([1, 2, 3, 4].map(() => open({ project: 'shop' })))
       report(await Promise.all(hosts.map((each) => each.attach(${request(one, 'web-1')}))))
       for (const each of hosts) await each.close()`,
    )) as readonly unknown[]
    expect(new Set(all.map((each) => JSON.stringify(each))).size).toBe(1)
    expect(await portsOf(lab)).toHaveLength(1)
    const { ip } = all[0] as { readonly ip: string }
    expect(await lab.host.reach({ protocol: 'tcp', destination: ip, port: 80 })).toMatchObject({
      by: 'web-1',
    })
  })

  test('attach of an attached endpoint to another namespace is refused, and changes neither namespace', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    const two = await bareMachine(lab, 'web-2')
    await attach(lab, backend, one)
    const networksBefore = [await networkOf(one), await networkOf(two)]
    expect(await messageOf(lab, backend, `host.attach(${request(two, 'web-1')})`)).toBe(
      `Endpoint web-1 of network web is attached to another namespace already, and the network namespace of process ${two.pid} is asked for. Its interface here is ${(await portsOf(lab))[0]}. Detach it first (portolan detach web-1), or attach under another name.`,
    )
    expect([await networkOf(one), await networkOf(two)]).toEqual(networksBefore)
  })

  test('each invalid request is refused with its reason, and changes nothing', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    const two = await bareMachine(lab, 'web-2')
    await attach(lab, backend, two)
    await one.ip('link add taken type bridge')
    const before = [await heldOf(lab), await networkOf(one)]
    const attachWith = (more: string): string => `host.attach(${request(one, 'web-1', more)})`
    const cases: readonly (readonly [string, RegExp])[] = [
      [
        attachWith('netns: { pid: 4194303 }'),
        /^there is no process 4194303 here, .* Give the number of a process/,
      ],
      [
        attachWith("netns: { name: 'no-such' }"),
        /^there is no network namespace named no-such here .* \(ip netns list\)\.$/,
      ],
      [attachWith("netns: { path: '/etc/passwd' }"), /^\/etc\/passwd is not a network namespace\. /],
      [attachWith(`netns: { path: '/proc/${one.pid}/ns/mnt' }`), /is not a network namespace\. /],
      [
        attachWith('netns: { pid: process.pid }'),
        /is the one that this host itself is in: .* \(unshare --net, ip netns add\)\.$/,
      ],
      [attachWith("interface: 'taken'"), /an interface named taken is there already\. Choose another name/],
      [attachWith("interface: 'abcdefghijklmnop'"), /expected 1 to 15 letters/],
      [attachWith("interface: 'eth%d'"), /expected 1 to 15 letters/],
      [attachWith("address: '172.17.0.1'"), /172\.17\.0\.1/],
      [attachWith("address: '10.9.9.9'"), /10\.9\.9\.9/],
      [attachWith("network: 'nowhere'"), /nowhere/],
      [attachWith('mtu: 67'), /from 68 to 65535/],
      [attachWith('mtu: 70000'), /from 68 to 65535/],
      [attachWith('mtu: 1279'), /IPv6, which needs 1280 bytes/],
      [attachWith("mac: '01:00:5e:00:00:01'"), /with an even first byte/],
      [attachWith("endpoint: ''"), /cannot name an endpoint/],
    ]
    const messages = (await inShopAgain(
      lab,
      backend,
      `const messages = []
       for (const request of [${cases.map(([call]) => `() => ${call}`).join(', ')}]) messages.push(await request().then(() => 'done', ({ message }) => message))
       report(messages)`,
    )) as readonly string[]
    cases.forEach(([call, expected], index) => {
      expect([call, messages[index]]).toEqual([call, expect.stringMatching(expected)])
    })
    expect([await heldOf(lab), await networkOf(one)]).toEqual(before)
    expect(await inShopAgain(lab, backend, 'report(host.endpoints().length)')).toBe(1)
  })

  test('attach without CAP_SYS_ADMIN or CAP_NET_ADMIN names that capability, and leaves nothing', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    await inShopAgain(lab, backend, `${web}; report(0)`)
    const before = await heldOf(lab)
    for (const [drop, capability] of [
      ['-sys_admin', 'CAP_SYS_ADMIN'],
      ['-net_admin', 'CAP_NET_ADMIN'],
    ] as const) {
      const { exitCode, stderr } = await lab.host.run([
        ...['setpriv', '--bounding-set', drop, '--inh-caps', drop],
        ...lab.command,
        ...['attach', 'web', '-p', 'shop', '--netns', String(one.pid), '--name', 'web-1'],
        ...['--state', '/run/lab/live', '--backend', backend],
      ])
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(capability)])
      expect(await portsOf(lab)).toEqual([])
    }
    expect(await heldOf(lab)).toEqual(before)
  })
}

import { expect, test } from '@jest/globals'
import type { HostEvent } from 'portolan'
import { fromJson } from '../../from-json.ts'
import { attach, bridgeOf } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import { until } from '../../lab/until.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { pilotOf, shop } from '../lifecycle/pilot.ts'
import { flushUnder } from './flush-under.ts'
import { watchedFile as file, startWatchWithNote, startWatchCommand as watch } from './watch-process.ts'

const served = async (lab: Lab, port: number): Promise<boolean> =>
  (await lab.client.probe({ protocol: 'tcp', destination: addresses.ip.host, port })).delivered

/** The IPv4 rules of all tools. */
const rulesOf = (lab: Lab): Promise<string> =>
  lab.host.mustRun(['sh', '-ec', 'nft list ruleset; iptables-nft-save; iptables-legacy-save'])

/** The shop with its port, and a second port. */
const withPort = (port: number): string => shop(['8080:80', `${port}:80`])

/** `portolan watch -f FILE`. */
export const watchCommand = (open: OpenLab, backend: Backend): void => {
  test('applies a project, repairs it, and leaves it in force when it is stopped', async () => {
    const lab = await open()
    await lab.write('compose.yaml', shop())
    {
      await using watched = await watch(lab, backend)
      await watched.next('watching', ({ kind }) => kind === 'watching')
      await attach(lab, await pilotOf(lab, backend).plan(shop()), 'nginx', { hairpin: true })
      expect(await served(lab, 8080)).toBe(true)
      // A regular check after the container's start sees its interface on the bridge.
      await lab.host.mustRun(['sh', '-ec', 'echo 0 > /proc/sys/net/ipv4/ip_forward'])
      await watched.next('forwarding', (event) => event.kind === 'drift' && event.outcome === 'repaired')
      await lab.host.ip('link set v-nginx nomaster')
      await watched.next(
        'the port',
        (event) =>
          event.kind === 'drift' &&
          event.outcome === 'repaired' &&
          event.changes.some(({ object }) => object === 'bridge port v-nginx'),
      )
      const mac = async (): Promise<string | undefined> =>
        / link\/ether (\S+)/.exec(
          await lab.host.mustRun(['ip', 'link', 'show', await bridgeOf(lab, 'web')]),
        )?.[1]
      const before = await mac()
      const bridge = await bridgeOf(lab, 'web')
      await lab.host.ip(`link del ${bridge}`)
      await watched.next('the repair', (event) => event.kind === 'drift' && event.outcome === 'repaired')
      // The bridge is deleted in steps, and may be repaired in steps.
      await lab.host.areUp([bridge, 'v-nginx'])
      // The container's neighbour entry of the gateway stays right.
      expect(await mac()).toBe(before)
      await flushUnder(watched.running, lab, backend)
      await watched.next(
        'the repair of rules',
        (event) =>
          // A regular check may come before the next reading of iptables-legacy rules, and then no cause is known.
          event.kind === 'drift' &&
          event.outcome === 'repaired' &&
          (backend === 'iptables-legacy'
            ? event.changes.some(({ object }) => object.startsWith('chain '))
            : event.causes.some(({ text }) => text.startsWith('nft '))),
      )
      // The container's interface is on the bridge again, with hairpin mode: the container reaches its own host port.
      expect(await lab.host.mustRun(['bridge', '-d', 'link', 'show', 'dev', 'v-nginx'])).toMatch(
        new RegExp(`master ${bridge} .*hairpin on`, 's'),
      )
      await lab.host.areUp([bridge, 'v-nginx'])
      expect(await served(lab, 8080)).toBe(true)
    }
    expect((await pilotOf(lab, backend).plan(shop())).summary).toMatchObject({ add: 0, remove: 0 })
    expect(await served(lab, 8080)).toBe(true)
  })

  test('opens reachable_from of an interface once it leaves its bridge, and closes it when the interface is back', async () => {
    const lab = await open()
    const text = `${shop()}    x-portolan: {reachable_from: [lan7]}\n`
    await lab.write('compose.yaml', text)
    await lab.host.ip(
      'link add up7 type bridge',
      'link add lan7 type veth peer name far7',
      'link set lan7 master up7 up',
    )
    const note =
      'portolan: /run/lab/compose.yaml:11:35: reachable_from of worker: lan7 is a port of up7, and its packets come in by up7, so nothing is opened. Name up7 to open to all its ports.\n'
    await using watched = await startWatchWithNote(lab, backend, note)
    await watched.next('watching', ({ kind }) => kind === 'watching')
    for (const master of ['nomaster', 'master up7']) {
      await lab.host.ip(`link set lan7 ${master}`)
      await watched.next(master, (event) => event.kind === 'drift' && event.outcome === 'repaired')
      expect(await rulesOf(lab)).toMatch(master === 'nomaster' ? /lan7/ : /^(?!.*lan7)/s)
      expect(await pilotOf(lab, backend).plan(text)).toMatchObject({ changes: [] })
    }
  })

  test('applies the edited file on SIGHUP, and keeps the last text on SIGHUP with a mistake in the file', async () => {
    const lab = await open()
    await lab.write('compose.yaml', shop())
    await using watched = await watch(lab, backend)
    await watched.next('watching', ({ kind }) => kind === 'watching')
    await attach(lab, await pilotOf(lab, backend).plan(shop()), 'nginx', { hairpin: true })
    await lab.host.writeText(file, withPort(9090))
    expect(await served(lab, 9090)).toBe(false)
    watched.running.kill('SIGHUP')
    await watched.next('the new port', (event) => event.kind === 'drift' && event.outcome === 'repaired')
    await watched.next('watching again', ({ kind }) => kind === 'watching')
    expect([await served(lab, 8080), await served(lab, 9090)]).toEqual([true, true])
    await lab.host.writeText(file, withPort(99_999))
    watched.running.kill('SIGHUP')
    const failed = await watched.next('the mistake', ({ kind }) => kind === 'failed')
    expect(JSON.stringify(failed)).toContain('99999')
    await watched.next('watching the last text', ({ kind }) => kind === 'watching')
    expect([await served(lab, 8080), await served(lab, 9090)]).toEqual([true, true])
  })

  test('reports a failure on SIGHUP with the file of another project, and keeps its project as it was', async () => {
    const lab = await open()
    await lab.write('compose.yaml', shop())
    await using watched = await watch(lab, backend)
    await watched.next('watching', ({ kind }) => kind === 'watching')
    await lab.write('compose.yaml', shop().replace('name: shop', 'name: stall'))
    watched.running.kill('SIGHUP')
    const failed = await watched.next('the other name', ({ kind }) => kind === 'failed')
    expect(failed).toMatchObject({ project: 'shop', retryMs: null })
    expect(JSON.stringify(failed)).toContain('project stall now, but this watch holds shop')
    await watched.next('watching again', ({ kind }) => kind === 'watching')
    await lab.host.mustRun(['sh', '-ec', 'echo 0 > /proc/sys/net/ipv4/ip_forward'])
    await watched.next('a repair', (event) => event.kind === 'drift' && event.outcome === 'repaired')
    expect(await bridgeOf(lab, 'web')).toMatch(/^br-/)
  })

  test('does not apply a file with an error conflict, neither on SIGHUP nor at its start', async () => {
    const lab = await open()
    await lab.write('compose.yaml', shop())
    await lab.host.listen({ protocol: 'tcp', port: 9090 })
    const by = async (port: number): Promise<unknown> => {
      const outcome = await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port })
      return outcome.delivered ? outcome.by : outcome
    }
    const before = ['host', 'nginx']
    {
      await using watched = await watch(lab, backend)
      await watched.next('watching', ({ kind }) => kind === 'watching')
      await attach(lab, await pilotOf(lab, backend).plan(shop()), 'nginx', { hairpin: true })
      await lab.host.writeText(file, withPort(9090))
      watched.running.kill('SIGHUP')
      const failed = await watched.next('the conflict', ({ kind }) => kind === 'failed')
      expect(failed).toMatchObject({
        error: {
          code: 'BLOCKED',
          message: expect.stringMatching(/HostPortTaken, .*compose\.yaml:\d+.*9090/),
        },
      })
      await watched.next('watching again', ({ kind }) => kind === 'watching')
      expect([await by(9090), await by(8080)]).toEqual(before)
    }
    const again = await pilotOf(lab, backend).run('watch', withPort(9090), '--once')
    expect(again).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('error HostPortTaken') })
    expect(again.stderr).toContain('is not in force as its text now says')
    expect([await by(9090), await by(8080)]).toEqual(before)
    // Ports that are active already are kept, even when a process has bound the port since.
    await lab.host.listen({ protocol: 'tcp', port: 8080 })
    expect(await pilotOf(lab, backend).run('watch', shop(), '--once')).toMatchObject({ exitCode: 0 })
  })

  test('accepts a move by another process, and reports no drift for it', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    await lab.write('compose.yaml', shop())
    await using watched = await watch(lab, backend)
    await watched.next('watching', ({ kind }) => kind === 'watching')
    const bridge = await bridgeOf(lab, 'web')
    const address = () => lab.host.mustRun(['ip', '-4', '-o', 'address', 'show', 'dev', bridge])
    const before = await address()
    expect(await pilot.run('move', shop(), 'web', '--yes')).toMatchObject({ exitCode: 0 })
    // A later repair. Every event before it is what the watch reported about the move.
    await lab.host.mustRun(['sh', '-ec', 'echo 0 > /proc/sys/net/ipv4/ip_forward'])
    const isForwarding = (event: HostEvent): boolean =>
      event.kind === 'drift' && event.changes.some(({ object }) => object.includes('ip_forward'))
    await watched.next('forwarding', isForwarding)
    const checked = await watched.events()
    expect(checked.filter((event) => event.kind === 'drift' && !isForwarding(event))).toEqual([])
    expect(await address()).not.toBe(before)
    expect(await pilot.plan(shop())).toMatchObject({ summary: { add: 0, remove: 0 } })
  })

  test('makes destroy fail with its process while it runs, and not after it was killed', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    await lab.write('compose.yaml', shop())
    const destroy = () => lab.portolan(pilot.argv('destroy', null, '-p', 'shop', '--yes', '--json'))
    {
      await using watched = await watch(lab, backend)
      await watched.next('watching', ({ kind }) => kind === 'watching')
      for (const refused of [await destroy(), await pilot.run('destroy', null, '--all', '--yes', '--json')]) {
        expect(refused.exitCode).toBe(1)
        expect(fromJson(refused.stdout)).toMatchObject({
          error: {
            code: 'WATCHED',
            message: expect.stringMatching(/shop is held by "portolan watch" \(process \d+\).*\(kill \d+,/),
          },
        })
      }
      expect(await bridgeOf(lab, 'web')).toMatch(/^br-/)
    }
    expect(await destroy()).toMatchObject({ exitCode: 0 })
    const killed = await watch(lab, backend)
    await killed.next('watching', ({ kind }) => kind === 'watching')
    killed.running.kill('SIGKILL')
    await killed.running.outcome
    expect(await destroy()).toMatchObject({ exitCode: 0 })
    expect(await lab.host.mustRun(['find', '/run/portolan', '-name', 'shop.*'])).toBe('')
  })

  test('keeps a port that another process has applied from the edited file', async () => {
    const lab = await open()
    await lab.write('compose.yaml', shop())
    await using watched = await watch(lab, backend)
    await watched.next('watching', ({ kind }) => kind === 'watching')
    await attach(lab, await pilotOf(lab, backend).plan(shop()), 'nginx', { hairpin: true })
    await pilotOf(lab, backend).apply(withPort(9090))
    await lab.host.mustRun(['sh', '-ec', 'echo 0 > /proc/sys/net/ipv4/ip_forward'])
    await watched.next(
      'the repair of forwarding',
      (event) => event.kind === 'drift' && event.changes.some(({ object }) => object.includes('ip_forward')),
    )
    expect([await served(lab, 8080), await served(lab, 9090)]).toEqual([true, true])
  })

  test('with --once repairs drift and ends, and with --check only reports it', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    await pilot.apply(shop())
    await lab.host.mustRun(['sh', '-ec', 'echo 0 > /proc/sys/net/ipv4/ip_forward'])
    const eventsOf = (text: string): readonly unknown[] =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => fromJson(line))
    const checked = await pilot.run('watch', shop(), '--once', '--check', '--json')
    expect(checked).toMatchObject({ exitCode: 0, stderr: '' })
    expect(eventsOf(checked.stdout)).toContainEqual(
      expect.objectContaining({ kind: 'drift', outcome: 'reported' }),
    )
    expect(await lab.host.sysctl('net.ipv4.ip_forward')).toBe('0')
    expect(await pilot.run('watch', shop(), '--once')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/shop: repaired: ~ sysctl net\.ipv4\.ip_forward\./),
    })
    expect(await lab.host.sysctl('net.ipv4.ip_forward')).toBe('1')
  })

  test('notifies systemd that it is ready once the project is in force', async () => {
    const lab = await open()
    await lab.write('compose.yaml', shop())
    // Receives two messages: the text, and a second one. The end of that one shows systemd-notify that the first was
    // received.
    const listener = lab.host.start([
      'perl',
      '-MIO::Socket::UNIX',
      '-e',
      'my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/run/lab/notify") or die $!; open my $r, ">", "/run/lab/listens"; close $r; for (1 .. 2) { $s->recv(my $m, 4096); print $m }',
    ])
    await until(
      'what listens',
      async () => (await lab.host.run(['test', '-e', '/run/lab/listens'])).exitCode === 0,
      {
        beside: listener,
      },
    )
    const argv = [...lab.command, ...pilotOf(lab, backend).argv('watch', file)]
    const running = lab.host.start(argv, { environment: { NOTIFY_SOCKET: '/run/lab/notify' } })
    const { stdout } = await listener.outcome
    expect(stdout).toContain('READY=1')
    await attach(lab, await pilotOf(lab, backend).plan(shop()), 'nginx', { hairpin: true })
    expect(await served(lab, 8080)).toBe(true)
    running.kill('SIGTERM')
    expect(await running.outcome).toMatchObject({ exitCode: 0, stderr: '' })
  })
}

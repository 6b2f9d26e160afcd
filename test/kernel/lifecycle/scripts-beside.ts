import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { mustSucceed, type Pilot, pilotOf, shop } from './pilot.ts'
import { loaders } from './script-loaders.ts'

const bakery = `name: bakery
networks:
  kitchen:
    enable_ipv6: true
services:
  oven:
    networks: [kitchen]
    ports: ['9090:80', '9090:80/udp', {target: 81, published: 9091, x-portolan: {allow_from: [192.0.2.99/32]}}]
`
const moved = shop(['8081:80'])

/** Opens a host with both projects on it, and a container of each. */
const openBoth = async (open: OpenLab, backend: Backend): Promise<{ lab: Lab; pilot: Pilot }> => {
  const lab = await open()
  await lab.outside.listen({ protocol: 'tcp', port: 7000 })
  const pilot = pilotOf(lab, backend)
  const baked = await pilot.applied(bakery)
  const planned = await pilot.applied(shop())
  await attach(lab, baked, 'oven', {
    hairpin: true,
    project: 'bakery',
    services: [80, 81].map((port) => ({ protocol: 'tcp', port })),
  })
  await attach(lab, planned, 'nginx', { hairpin: true })
  return { lab, pilot }
}

type Row = readonly [flow: string, delivered: boolean]

/**
 * @param closed - the flows that are expected to be dropped. Their probes get a short timeout, because a drop costs
 *   the whole time
 */
const observeFlows = async (lab: Lab, closed: RegExp): Promise<readonly Row[]> => {
  const oven = lab.containers.get('oven')
  const flows = (['ip', 'ip6'] as const).flatMap((family) => {
    const { host, outside } = addresses[family]
    const container = (family === 'ip' ? oven?.address : oven?.address6) ?? ''
    return [
      [`${family} client to bakery`, lab.client, host, 9090],
      [`${family} host to bakery`, lab.host, host, 9090],
      [`${family} hairpin of bakery`, oven, host, 9090],
      [`${family} bakery to outside`, oven, outside, 7000],
      [`${family} client to what bakery restricts`, lab.client, host, 9091],
      [`${family} neighbour to bakery's container`, lab.neighbour, container, 80],
      [`${family} client to shop's old port`, lab.client, host, 8080],
      [`${family} client to shop's new port`, lab.client, host, 8081],
    ] as const
  })
  return Promise.all(
    flows.map(async ([flow, machine, destination, port]): Promise<Row> => {
      const timeoutMs = closed.test(flow) ? 500 : 3000
      const outcome = await machine?.probe({ protocol: 'tcp', destination, port, timeoutMs })
      return [flow, outcome?.delivered === true]
    }),
  )
}

const load = async (lab: Lab, backend: Backend, format: string, text: string): Promise<void> => {
  for (const command of loaders[backend][format] ?? []) await lab.host.mustRun(command, { input: text })
}

const deliveredTo = (found: readonly Row[], what: RegExp): readonly string[] =>
  found.flatMap(([flow, delivered]) => (delivered && what.test(flow) ? [flow] : []))

/** A script replaces all of Portolan's rules. So it must contain the rules of other projects too. */
export const scriptsBeside = (open: OpenLab, backend: Backend): void => {
  test.each(Object.keys(loaders[backend]))(
    'a %s script of this host keeps the rules of the other project, and adds its own',
    async (format) => {
      const { lab, pilot } = await openBoth(open, backend)
      const before = await observeFlows(lab, /restricts|'s container|new port/)
      expect(deliveredTo(before, /bakery|old port/)).toHaveLength(10)
      const { stdout } = mustSucceed('script', await pilot.run('script', moved, '--format', format))
      await load(lab, backend, format, stdout)
      const closedThen = /restricts|'s container|old port/
      const wanted = before.map(([flow, delivered]): Row => {
        if (flow.endsWith('old port')) return [flow, false]
        return [flow, flow.endsWith('new port') ? true : delivered]
      })
      expect(await observeFlows(lab, closedThen)).toEqual(wanted)
      // iptables-restore cannot test whether a jump exists. It adds a second jump, which the next apply removes.
      const left = [...(await pilot.plan(bakery)).changes, ...(await pilot.plan(moved)).changes]
      const doubled = format === 'iptables-restore' ? left.filter(({ action }) => action === 'remove') : []
      expect(left).toEqual(doubled)
      await pilot.apply(moved)
      expect((await pilot.plan(bakery)).changes).toEqual([])
      expect(await observeFlows(lab, closedThen)).toEqual(wanted)
    },
  )

  test.each(Object.keys(loaders[backend]))(
    'a %s script for a host with unread rules removes the rules of the other project, and says so',
    async (format) => {
      const { lab, pilot } = await openBoth(open, backend)
      const facts = mustSucceed('inspect', await lab.portolan(['inspect']))
      const file = await lab.write('facts.json', facts.stdout)
      const words = ['--host', file, '--format', format]
      const { stdout } = mustSucceed('script', await pilot.run('script', moved, ...words))
      expect(stdout).toContain('other projects there lose their rules when this is loaded.')
      await load(lab, backend, format, stdout)
      const closed = /to bakery$|hairpin|restricts|old port/
      const found = await observeFlows(lab, closed)
      expect(deliveredTo(found, closed)).toEqual([])
      expect(deliveredTo(found, /new port/)).toHaveLength(2)
    },
  )

  test.each(Object.keys(loaders[backend]))(
    'a %s script that has a port in one family only loads where both families have it',
    async (format) => {
      const lab = await open()
      const pilot = pilotOf(lab, backend)
      const planned = await pilot.applied(shop())
      await attach(lab, planned, 'nginx')
      const one = shop(['0.0.0.0:8080:80'])
      const { stdout } = mustSucceed('script', await pilot.run('script', one, '--format', format))
      await load(lab, backend, format, stdout)
      const reached = await Promise.all(
        (['ip', 'ip6'] as const).map((family) =>
          lab.client.probe({
            protocol: 'tcp',
            destination: addresses[family].host,
            port: 8080,
            timeoutMs: family === 'ip' ? 2000 : 500,
          }),
        ),
      )
      expect(reached.map(({ delivered }) => delivered)).toEqual([true, false])
    },
  )
}

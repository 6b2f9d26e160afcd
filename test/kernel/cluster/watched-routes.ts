import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import { clusterAddress } from '../../lab/cluster-site.ts'
import { until } from '../../lab/until.ts'
import { forgetAlive } from './forget-alive.ts'
import type { SettledSite } from './settled-site.ts'
import { applyOn, at } from './site-node.ts'
import { routesOf, untilRoutes } from './site-routes.ts'

const portolan = fileURLToPath(new URL('../../../packages/portolan/bin/portolan.js', import.meta.url))

/** A watch restores and moves routes, and reports blocks that were taken. */
export const watchedRoutes = ({ node, site }: SettledSite): void => {
  test('watch makes a route again when the foreign route, network or dead link in its way is gone', async () => {
    const { host, file } = node(0)
    const { machine } = host
    const [block = '', block6 = ''] = node(1).blocks
    const [own = ''] = node(0).blocks
    const before = await routesOf(host)
    const watching = machine.start(
      [
        ...['sh', '-c', 'exec "$@" > /run/lab/in-the-way', 'sh', process.execPath, portolan],
        ...['watch', '-f', file, '--backend', 'nftables', '--cluster', site().url, '--json'],
      ],
      { environment: { NODE_OPTIONS: '', HOME: '/run/lab' }, timeoutMs: 120_000 },
    )
    const events = async (): Promise<readonly { readonly kind: string }[]> =>
      (await machine.run(['cat', '/run/lab/in-the-way'])).stdout
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line))
    const count = async (kind: string): Promise<number> =>
      (await events()).filter((event) => event.kind === kind).length
    const untilRestored = (): Promise<void> =>
      untilRoutes(host, `${before}`, (now) => now.join() === before.join(), watching)
    const untilCount = (kind: string, wanted: number): Promise<unknown> =>
      until(`${wanted} of ${kind}`, async () => (await count(kind)) === wanted, {
        beside: watching,
        shows: events,
      })
    try {
      await untilCount('watching', 1)
      const made = ['link add dm0 type veth peer name dm1', 'link set dm1 up', 'link set dm0 up']
      const theirs = [`route replace ${block} dev dm0`, `route replace ${block6} dev dm0`]
      const network = [`addr add ${at(block, 1)}/24 dev dm0`, `addr add ${at(block6, 1)}/64 dev dm0 nodad`]
      // Three cases: the printed remedy; a command that ends both routes at once without a message about the IPv4 one;
      // and a network of the interface, whose route comes after Portolan's.
      for (const [at, [comes, goes]] of [
        [[...made, ...theirs], theirs.map((route) => route.replace('replace', 'del'))],
        [theirs, ['link del dm0']],
        [[...made, ...network], ['link del dm0']],
      ].entries()) {
        await machine.ip(...(comes ?? []))
        await untilCount('conflict', 2 * at + 2)
        expect(await routesOf(host)).toEqual([])
        await machine.ip(...(goes ?? []))
        await untilRestored()
        await untilCount('conflict-gone', 2 * at + 2)
      }
      // The same for routes whose host could not be reached at the watch's last plan.
      const gateway = `${at(own, 1)}/24`
      await machine.ip('link set eth0 down', `addr del ${gateway} dev br-web`)
      const addressesNow = (): Promise<string> => machine.mustRun(['ip', 'addr', 'show', 'br-web'])
      await until('the gateway', async () => (await addressesNow()).includes(gateway), {
        beside: watching,
        shows: addressesNow,
      })
      expect(await routesOf(host)).toEqual([])
      await machine.ip('link set eth0 up', `addr add ${clusterAddress(11, 'ip6')}/64 dev eth0 nodad`)
      await untilRestored()
      const repaired = async (what: string): Promise<number> =>
        (await events()).filter(
          (event) =>
            'outcome' in event &&
            event.outcome === 'repaired' &&
            JSON.stringify(event).includes(`"add","object":"route ${what}"`),
        ).length
      for (const one of [block, block6])
        await until(`four repairs of ${one}`, async () => (await repaired(one)) === 4, {
          beside: watching,
          shows: events,
        })
    } finally {
      watching.kill('SIGTERM')
      await watching.outcome
    }
  })

  test('watch repairs a deleted route, removes it when its host leaves, and makes it to the next host with that block', async () => {
    const { host, file } = node(0)
    const watching = host.start(
      'watch',
      '-f',
      file,
      '--backend',
      'nftables',
      '--cluster',
      site().url,
      '--json',
    )
    try {
      const [route = ''] = await routesOf(host)
      await host.machine.ip(`route del ${route}`)
      await untilRoutes(host, 'two routes', ({ length }) => length === 2, watching)

      // The second host leaves, and the third one gets its block.
      const [, second, third] = site().hosts
      const [block = ''] = node(1).blocks
      await second?.must('destroy', '--all', '--yes')
      await second?.must('cluster', 'release', '--cluster', site().url)
      await untilRoutes(host, 'no route', ({ length }) => length === 0, watching)
      const claimed = await third?.must(
        ...['cluster', 'join', '--member', 'h3', '--cluster', site().url, '--count', '15', '--json'],
      )
      expect(fromJson<{ readonly blocks: unknown }>(claimed ?? '{}').blocks).toContainEqual(
        expect.objectContaining({ block }),
      )
      const moved = `${block} via ${clusterAddress(13)} dev eth0`
      await untilRoutes(host, moved, (now) => now.includes(moved), watching)
    } finally {
      watching.kill('SIGTERM')
      await watching.outcome
    }
  })

  test('plan, conflicts and watch report a block that was taken from this host, and status does after the watch', async () => {
    const { host, file } = node(0)
    const cluster = ['--cluster', site().url] as const
    const words = ['-f', file, '--backend', 'nftables', ...cluster] as const
    const memory = () => host.machine.mustRun(['cat', '/var/lib/portolan/cluster.json'])
    const before = await memory()
    const watching = host.machine.start(
      [
        ...['sh', '-c', 'exec "$@" > /run/lab/told', 'sh', process.execPath, portolan],
        ...['watch', ...words, '--json'],
      ],
      { environment: { NODE_OPTIONS: '', HOME: '/run/lab' }, timeoutMs: 120_000 },
    )
    const printed = async (): Promise<string> => (await host.machine.run(['cat', '/run/lab/told'])).stdout
    const untilPrinted = (text: string): Promise<unknown> =>
      until(text, async () => (await printed()).includes(text), { beside: watching, shows: printed })
    try {
      await untilPrinted('"kind":"watching"')
      await forgetAlive(site(), 'h1')
      const [, , third] = site().hosts
      await third?.must('cluster', 'reclaim', '--member', 'h1', '--grace', '0', '--yes', ...cluster)
      const planned = JSON.parse((await host.portolan('plan', ...words, '--json')).stdout)
      const message = expect.stringMatching(/block 10\..* of cluster lab no longer belongs to this host/)
      const lost = { kind: 'SubnetOverlap', severity: 'error', message }
      expect(planned.conflicts).toContainEqual(expect.objectContaining(lost))
      const found = await host.portolan('conflicts', ...words, '--json')
      expect(fromJson<{ readonly conflicts: unknown }>(found.stdout).conflicts).toContainEqual(
        expect.objectContaining(lost),
      )
      // A plan changes nothing.
      expect(await memory()).toBe(before)
      await untilPrinted('"SubnetOverlap"')
      expect((await host.portolan('status')).stdout).toContain('no longer belongs to this host')
      // The host comes back with its block, because no other host has taken it.
      await host.must('cluster', 'join', ...cluster)
      await untilRoutes(host, '30 routes', ({ length }) => length === 30, watching)
      expect((await host.portolan('conflicts', ...words, '--json')).stdout).not.toContain('SubnetOverlap')
    } finally {
      watching.kill('SIGTERM')
      await watching.outcome
    }
  })
}

/** Blocks that no network uses are lost. */
export const lostRoutes = ({ site }: SettledSite): void => {
  test('watch and plan report lost blocks that no network uses, and the watch removes the routes', async () => {
    const [first, , third] = site().hosts
    if (first === undefined || third === undefined) throw new Error('there are three hosts')
    const cluster = ['--cluster', site().url] as const
    const file = await third.write(
      'elsewhere.yaml',
      'name: elsewhere\nnetworks: {web: {ipam: {config: [{subnet: 10.99.0.0/24}]}}}\nservices: {a: {networks: [web]}}\n',
    )
    await third.must('cluster', 'join', '--member', 'h3', '--count', '12', ...cluster)
    await applyOn(third, file, ...cluster)
    expect(await routesOf(third)).not.toEqual([])
    const words = ['-f', file, '--backend', 'iptables-legacy'] as const
    const watching = third.machine.start(
      [
        ...['sh', '-c', 'exec "$@" 2> /run/lab/third-told', 'sh', process.execPath, portolan],
        ...['watch', ...words, ...cluster, '--json'],
      ],
      { environment: { NODE_OPTIONS: '', HOME: '/run/lab' }, timeoutMs: 120_000 },
    )
    const printed = async (): Promise<string> =>
      (await third.machine.run(['cat', '/run/lab/third-told'])).stdout
    try {
      await forgetAlive(site(), 'h3')
      await first.must('cluster', 'reclaim', '--member', 'h3', '--grace', '0', '--yes', ...cluster)
      await untilRoutes(third, 'no route', ({ length }) => length === 0, watching)
      const lostBlocks =
        /^(?:\S+Z )?portolan: Blocks 10\..* no longer belong to this host: no host has them now.*no other IPv4 block/m
      await until('blocks that are lost', async () => lostBlocks.test(await printed()), {
        beside: watching,
        shows: printed,
      })
    } finally {
      watching.kill('SIGTERM')
      await watching.outcome
    }
    const note = /^Blocks 10\..* no longer belong to this host: .*no other IPv4 block.*`portolan cluster join/
    // With a named cluster and without, and in both output formats.
    for (const more of [cluster, []]) {
      const { stdout } = await third.portolan('plan', ...words, ...more, '--json')
      expect(fromJson<{ readonly notes: unknown }>(stdout).notes).toContainEqual({
        text: expect.stringMatching(note),
        place: null,
      })
      expect((await third.portolan('plan', ...words, ...more)).stdout).toContain('no longer belong')
    }
    await third.must('destroy', '-f', file, '--yes')
    await third.must('cluster', 'join', '--count', '12', ...cluster)
  })
}

import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import { clusterAddress } from '../../lab/cluster-site.ts'
import type { RunOutcome } from '../../lab/run.ts'
import type { SettledSite } from './settled-site.ts'
import { applyOn, at, type Node, statusConflicts, tcp } from './site-node.ts'
import { routesOf, routesTo } from './site-routes.ts'

interface TakenRoute {
  readonly kind: string
  readonly prefix: string
  readonly remedy: { readonly commands: readonly string[] }
}

/** The conflicts about routes to blocks that a host reports for its project. */
const takenRoutes = async ({ host, file }: Node): Promise<readonly TakenRoute[]> => {
  const { stdout } = await host.portolan('conflicts', '-f', file, '--backend', 'nftables', '--json')
  return fromJson<{ readonly conflicts: readonly TakenRoute[] }>(stdout).conflicts.filter(
    ({ kind }) => kind === 'BlockRouteTaken',
  )
}

/** Routes, networks and routing rules of other programs in the way of routes to blocks. */
export const foreignRoutes = ({ node }: SettledSite): void => {
  test('a script changes nothing where another program has a route to a block', async () => {
    const { host, file } = node(0)
    const script = await host.must('script', '-f', file, '--backend', 'nftables', '--format', 'sh')
    const path = await host.write('taken.sh', script)
    const [block = ''] = node(1).blocks
    const rules = await host.machine.mustRun(['nft', 'list', 'ruleset'])
    for (const how of ['replace', 'prepend']) {
      // A foreign route instead of Portolan's, or before it.
      await host.machine.ip(`route ${how} ${block} via ${clusterAddress(9)}`)
      const { exitCode, stderr } = await host.machine.run(['sh', path])
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(
          /is the block of another host[\s\S]*via 192\.0\.2\.9[\s\S]*Nothing was changed/,
        ),
      })
      expect(await host.machine.mustRun(['nft', 'list', 'ruleset'])).toBe(rules)
      await host.machine.ip(`route del ${block} via ${clusterAddress(9)}`)
      await host.machine.mustRun(['sh', path])
    }
    expect(await routesOf(host)).toHaveLength(2)
  })

  describe('a foreign route to the same block', () => {
    const routesToBlock = (block: string): Promise<readonly string[]> => routesTo(node(0).host, block)
    const plan = (): Promise<RunOutcome> =>
      node(0).host.portolan('plan', '-f', node(0).file, '--backend', 'nftables', '--json')
    const script = async (): Promise<RunOutcome> => {
      const { host, file } = node(0)
      const text = await host.must('script', '-f', file, '--backend', 'nftables', '--format', 'sh')
      return host.machine.run(['sh', await host.write('beside.sh', text)])
    }

    test.each([
      ['add', 0, 'metric 7', null],
      ['append', 0, '', null],
      ['add', 1, 'metric 4096', null],
      ['add', 1, 'metric 100', /lower metric/],
      ['append', 1, '', /share the flows/],
    ])(
      'made by `ip route %s` (family %s, %s) stays beside the route of Portolan in plan and script',
      async (how, at, metric, message) => {
        const { host } = node(0)
        const block = node(1).blocks[at] ?? ''
        const foreign = `${block} via ${clusterAddress(9, at === 0 ? 'ip' : 'ip6')} dev eth0 ${metric}`
        const before = await routesToBlock(block)
        expect(before).toHaveLength(1)
        await host.machine.ip(`route ${how} ${foreign}`)
        const beside = await routesToBlock(block)
        try {
          const { exitCode, stdout } = await plan()
          const { conflicts, summary } = JSON.parse(stdout)
          expect({ exitCode, summary }).toEqual({ exitCode: 0, summary: { add: 0, change: 0, remove: 0 } })
          expect(conflicts).toEqual(
            message === null
              ? []
              : [
                  expect.objectContaining({
                    kind: 'BlockRouteTaken',
                    message: expect.stringMatching(message),
                  }),
                ],
          )
          // A route with the same key as a foreign one cannot be replaced without a change of the foreign one.
          expect(await script()).toMatchObject({ exitCode: how === 'append' ? 1 : 0 })
          expect(await routesToBlock(block)).toEqual(beside)
        } finally {
          await host.machine.ip(`route del ${foreign}`)
        }
        expect(await routesToBlock(block)).toEqual(before)
      },
    )
  })

  test('a more exact foreign route within a block is a conflict, and apply leaves it alone', async () => {
    const { host, file } = node(0)
    const [block = ''] = node(1).blocks
    await host.machine.ip(`route add ${at(block, 128)}/25 via ${clusterAddress(9)}`)
    try {
      const text = await host.must('conflicts', '-f', file, '--backend', 'nftables', '--json')
      expect(fromJson<{ readonly conflicts: unknown }>(text).conflicts).toContainEqual(
        expect.objectContaining({
          kind: 'BlockRouteTaken',
          message: expect.stringContaining('is more exact'),
        }),
      )
      for (const words of [[], ['-f', file], ['-p', 'shop']])
        expect(await statusConflicts(node(0), ...words)).toEqual([
          expect.stringMatching(/^BlockRouteTaken: .* is more exact/),
        ])
      await applyOn(host, file)
      expect(await routesTo(host, `${at(block, 128)}/25`)).toHaveLength(1)
    } finally {
      await host.machine.ip(`route del ${at(block, 128)}/25`)
    }
  })

  test('a route in a table of an earlier routing rule is a conflict until the printed command has been run', async () => {
    const { machine } = node(0).host
    const families = ['-4', '-6'] as const
    const undo: string[] = []
    try {
      for (const [at, block] of node(1).blocks.entries()) {
        const via = clusterAddress(9, at === 0 ? 'ip' : 'ip6')
        await machine.mustRun(['ip', 'route', 'add', block, 'via', via, 'table', '77'])
        const rule = ['rule', 'add', 'pref', '100', 'lookup', '77']
        await machine.mustRun(['ip', families[at] ?? '', ...rule])
        undo.push(`ip route flush table 77; ip ${families[at]} rule del pref 100`)
      }
      const conflicts = await takenRoutes(node(0))
      expect(conflicts.map(({ prefix }) => prefix)).toEqual(node(1).blocks)
      for (const command of conflicts.flatMap(({ remedy }) => remedy.commands)) {
        undo.push(command.replace(' add ', ' del '))
        await machine.mustRun(['sh', '-c', command])
      }
      expect(await takenRoutes(node(0))).toEqual([])
      expect(await node(0).web.reach(tcp(node(1).address))).toMatchObject({ delivered: true })
    } finally {
      for (const command of undo) await machine.run(['sh', '-c', command])
    }
  })

  test('the network of an interface that is added over a block takes the packets, and apply restores the route after it is gone', async () => {
    const { host, file } = node(0)
    const { machine } = host
    const [block = '', block6 = ''] = node(1).blocks
    const before = await routesOf(host)
    const command = ['plan', '-f', file, '--backend', 'nftables', '--json'] as const
    await machine.ip(
      ...['link add lan0 type veth peer name lan1', 'link set dev lan0 up', 'link set dev lan1 up'],
      ...[`addr add ${at(block, 1)}/24 dev lan0`, `addr add ${at(block6, 1)}/64 dev lan0 nodad`],
    )
    try {
      expect(await machine.mustRun(['ip', 'route', 'get', at(block, 77)])).toContain('via')
      const { conflicts } = JSON.parse((await host.portolan(...command)).stdout)
      expect(conflicts).toEqual(
        [block, block6].map((prefix) =>
          expect.objectContaining({
            ...{ kind: 'BlockRouteTaken', prefix },
            remedy: { commands: [], text: expect.stringMatching(/^It is the network of lan0: /) },
          }),
        ),
      )
      await applyOn(host, file)
      expect(await routesOf(host)).toEqual([])
      for (const address of [at(block, 77), at(block6, 77)])
        expect(await machine.mustRun(['ip', 'route', 'get', address])).toMatch(/^\S+ (from :: )?dev lan0 /)
    } finally {
      await machine.ip('link del lan0')
      await applyOn(host, file)
    }
    expect(await routesOf(host)).toEqual(before)
  })

  test.each(['before', 'after'] as const)(
    'an address with a peer in a block, added %s the route, is a conflict until the printed command has been run',
    async (when) => {
      const { host, file } = node(0)
      const { machine } = host
      const [block = '', block6 = ''] = node(1).blocks
      const before = await routesOf(host)
      await machine.ip(
        'link add ptp0 type veth peer name ptp1',
        'link set dev ptp0 up',
        'link set dev ptp1 up',
      )
      try {
        if (when === 'before')
          await machine.run(['sh', '-c', 'ip -4 route flush proto 143; ip -6 route flush proto 143'])
        await machine.ip(
          `addr add 172.31.0.1 peer ${block} dev ptp0`,
          `addr add fd00:31::1 peer ${block6} dev ptp0 nodad`,
        )
        const conflicts = await takenRoutes(node(0))
        expect(conflicts).toHaveLength(2)
        for (const { remedy } of conflicts)
          for (const command of remedy.commands) await machine.mustRun(['sh', '-c', command])
        expect(await takenRoutes(node(0))).toEqual([])
      } finally {
        await machine.ip('link del ptp0')
        await applyOn(host, file)
      }
      expect(await routesOf(host)).toEqual(before)
    },
  )

  test.each([
    ['unreachable to BLOCK'],
    ['blackhole to BLOCK pref 0'],
    ['prohibit to ADDRESS'],
    ['to BLOCK lookup 78 pref 0'],
    ['to BLOCK lookup 78 pref 1'],
  ])('the routing rule `%s` is a conflict until the printed command has been run', async (rule) => {
    const { machine } = node(0).host
    const rules = ['-4', '-6'].map((family) => ['ip', family, 'rule'])
    const save = () => Promise.all(rules.map((words) => machine.mustRun(words)))
    const before = await save()
    const undo: string[] = []
    try {
      for (const [index, block] of node(1).blocks.entries()) {
        const family = index === 0 ? '-4' : '-6'
        const words = rule.replace('BLOCK', block).replace('ADDRESS', at(block, 10))
        await machine.mustRun(['sh', '-c', `ip ${family} rule add ${words}`])
        await machine.mustRun(['sh', '-c', `ip ${family} route add unreachable ${block} table 78`])
        undo.push(`ip ${family} rule del ${words}; ip ${family} route flush table 78`)
      }
      expect(await node(0).web.probe(tcp(node(1).address, 81))).toMatchObject({ delivered: false })
      const conflicts = await takenRoutes(node(0))
      expect(conflicts.map(({ prefix }) => prefix)).toEqual(node(1).blocks)
      for (const command of conflicts.flatMap(({ remedy }) => remedy.commands)) {
        if (command.includes(' add ')) undo.push(command.replace(' add ', ' del '))
        await machine.mustRun(['sh', '-c', command])
      }
      expect(await takenRoutes(node(0))).toEqual([])
      expect(await node(0).web.reach(tcp(node(1).address, 81))).toMatchObject({ delivered: true })
    } finally {
      for (const command of undo) await machine.run(['sh', '-c', command])
    }
    expect(await save()).toEqual(before)
  })
}

import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  adopt,
  apply,
  compile,
  createdBy,
  diff,
  emptyRuleset,
  inspect,
  listBaseTables,
  ours,
  print,
  printScript,
  type Ruleset,
  removeCreated,
  type Variant,
} from '../../src/index.ts'
import { desiredStates } from '../support/arbitrary.ts'
import { desiredState, mapping, network } from '../support/desired.ts'
import { canMakeNamespaces, type NetworkNamespace, networkNamespace } from '../support/network-namespace.ts'

const variants: readonly Variant[] = ['iptables-nft', 'iptables-legacy']
const live = canMakeNamespaces() || process.env.CI === 'true' ? describe : describe.skip
if (!canMakeNamespaces())
  console.warn('SKIPPED: the kernel tests of iptables need root for network namespaces.')

const read = (space: NetworkNamespace, variant: Variant): Promise<Ruleset> =>
  inspect(space.runner, variant, { legacyTables: space.legacyTables() })

/** Portolan's rules on a host. The policies of built-in chains belong to the host. */
const oursOf = (ruleset: Ruleset): Ruleset => ({
  tables: ours(ruleset).tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) =>
      chain.kind === 'user' ? { ...chain, counters: null } : { ...chain, policy: null, counters: null },
    ),
  })),
  trailer: [],
})

/** The kernel lists tables in the order of their creation, which does not matter here. */
const sorted = (ruleset: Ruleset): Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.toSorted((a, b) => `${a.family} ${a.name}`.localeCompare(`${b.family} ${b.name}`)),
})

const foreign = `*filter
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -i docker0 -m comment --comment "not \\"ours\\"" -j ACCEPT
-A DOCKER-USER -m comment --comment "demo/looks like ours" -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 9
COMMIT
`

const dump = (space: NetworkNamespace, variant: Variant): string =>
  ['iptables', 'ip6tables']
    .map((name) => space.run(`${name}-${variant.slice('iptables-'.length)}-save`, []).stdout)
    .join('')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\[\d+:\d+\]/g, '[0:0]')

live.each(variants)('with the kernel, %s', (variant) => {
  const suffix = variant.slice('iptables-'.length)
  const load = (space: NetworkNamespace, script: string): void => {
    for (const program of [`iptables-${suffix}-restore`, `ip6tables-${suffix}-restore`])
      expect(space.run(program, ['--noflush'], script)).toMatchObject({ exitCode: 0, stderr: '' })
  }

  test('every compiled ruleset loads, and is read back as it was compiled', async () => {
    using space = networkNamespace()
    await fc.assert(
      fc.asyncProperty(desiredStates('demo', 40), async (desired) => {
        const compiled = compile(desired)
        await apply(diff(await read(space, variant), compiled), space.runner, variant)
        expect(sorted(oursOf(await read(space, variant)))).toEqual(sorted(compiled))
      }),
      // One after another in one namespace, so each is also a change of the one before.
      { numRuns: 25 },
    )
    await apply(diff(await read(space, variant), emptyRuleset), space.runner, variant)
    expect(dump(space, variant)).not.toContain('PORTOLAN')
  })

  test('both programs accept the one script for both families', async () => {
    using space = networkNamespace()
    await fc.assert(
      fc.asyncProperty(desiredStates('demo', 20), async (desired) => {
        const compiled = compile(desired)
        const script = print(compiled, 'iptables-restore')
        for (const family of new Set(compiled.tables.map((table) => table.family))) {
          const program = `${family === 'ip' ? 'iptables' : 'ip6tables'}-${suffix}-restore`
          expect(space.run(program, ['--test', '--noflush'], script)).toMatchObject({
            exitCode: 0,
            stderr: '',
          })
        }
      }),
      { numRuns: 15 },
    )
  })

  test('a script loaded by hand leaves nothing for apply to do', async () => {
    using space = networkNamespace()
    const families = ['ip', 'ip6'] as const
    const desired = desiredState(
      [mapping(8080), mapping(8080, { family: 'ip6' }), mapping(8081, { allowFrom: ['192.0.2.0/24'] })],
      { networks: [network('web', 1, { families }), network('db', 2, { families, internal: true })] },
    )
    const script = print(compile(desired), 'iptables-restore')
    load(space, script)
    expect(diff(await read(space, variant), compile(desired))).toEqual([])
  })

  test('a script loaded again adds its jumps again, and nothing else', async () => {
    using space = networkNamespace()
    expect(space.run(`iptables-${suffix}-restore`, ['--noflush'], foreign).exitCode).toBe(0)
    const families = ['ip', 'ip6'] as const
    const desired = desiredState([mapping(8080), mapping(8081, { allowFrom: ['192.0.2.0/24'] })], {
      networks: [network('web', 1, { families })],
    })
    const script = print(compile(desired), 'iptables-restore')
    load(space, script)
    const once = dump(space, variant)
    load(space, script)
    const twice = dump(space, variant).split('\n')
    const isJump = (line: string): boolean => line.endsWith('--comment portolan -j PORTOLAN-FORWARD')
    expect(twice.filter(isJump)).toHaveLength(once.split('\n').filter(isJump).length * 2)
    expect(twice.filter((line, at) => line === '' || twice.indexOf(line) === at)).toEqual(
      once.split('\n').filter((line, at, all) => line === '' || all.indexOf(line) === at),
    )
  })

  test.each([
    { knowledge: 'for the host as it is', isKnown: true },
    { knowledge: 'without a look at the host', isKnown: false },
  ])('a script printed $knowledge loads where more was in force before', async ({ isKnown }) => {
    using space = networkNamespace()
    const families = ['ip', 'ip6'] as const
    const open = (family: 'ip' | 'ip6', name: string, address: string) =>
      mapping(80, {
        ...{ family, kind: 'direct' },
        targets: [{ service: 'nginx', replica: 1, network: name, address, port: 80, weight: 1 }],
      })
    const before = desiredState([mapping(8080, { family: 'ip6' }), open('ip6', 'far', 'fd00:200:2::2')], {
      networks: [network('web', 1, { families }), network('far', 2, { families, mode: 'routed' })],
    })
    const after = desiredState([mapping(8080), open('ip', 'near', '10.200.3.2')], {
      networks: [network('web', 1, { families }), network('near', 3, { families, mode: 'routed' })],
    })
    load(space, print(compile(before), 'iptables-restore'))
    const host = isKnown ? await read(space, variant) : null
    load(space, printScript(compile(after), { host }))
  })

  test('rules of others stay letter for letter, and so does the host after the last project is gone', async () => {
    using space = networkNamespace()
    expect(space.run(`iptables-${suffix}-restore`, ['--noflush'], foreign).exitCode).toBe(0)
    const rulesBefore = dump(space, variant)
    const nftBefore = space.run('nft', ['list', 'ruleset']).stdout
    const basesBefore = await listBaseTables(space.runner)

    const families = ['ip', 'ip6'] as const
    const one = desiredState([mapping(8080), mapping(9090, { family: 'ip6' })], {
      project: 'one',
      networks: [network('web', 1, { families })],
    })
    const two = desiredState([mapping(8081)], { project: 'two', networks: [network('other', 2)] })
    const actual = await read(space, variant)
    const changes = diff(actual, adopt(actual, one, 'one'))
    const created = createdBy(basesBefore, changes)
    await apply(changes, space.runner, variant)
    const withOne = await read(space, variant)
    await apply(diff(withOne, adopt(withOne, two, 'two')), space.runner, variant)
    const both = await read(space, variant)
    const kept = dump(space, variant)
      .split('\n')
      .filter((line) => !line.includes('PORTOLAN'))
    for (const line of rulesBefore.split('\n')) expect(kept).toContain(line)

    const withTwo = adopt(both, null, 'one')
    await apply(diff(both, withTwo), space.runner, variant)
    const left = await read(space, variant)
    expect(diff(left, compile(two))).toEqual([])
    await apply(diff(left, adopt(left, null, 'two')), space.runner, variant)
    if (variant === 'iptables-nft') await removeCreated(created, space.runner)
    expect(space.run('nft', ['list', 'ruleset']).stdout).toBe(nftBefore)
    // A registered legacy table stays. An empty one with ACCEPT policies counts as absent.
    const emptyTable = /\*\w+\n(:\w+ ACCEPT \[0:0\]\n)+COMMIT\n/g
    expect(dump(space, variant).replaceAll(emptyTable, '')).toBe(rulesBefore.replaceAll(emptyTable, ''))
  })

  test('a refused change leaves the family as it was, and says which line it was', async () => {
    using space = networkNamespace()
    const compiled = compile(desiredState([mapping(8080)]))
    await apply(diff(await read(space, variant), compiled), space.runner, variant)
    const actual = await read(space, variant)
    const wanted = compile(desiredState([mapping(9999)], { networks: [network('web', 1), network('db', 2)] }))
    const changes = diff(actual, wanted)
    // Another program removes the mapping's rule between inspect and apply.
    space.run(`iptables-${suffix}`, ['-t', 'nat', '-F', 'PORTOLAN-DNAT'])
    const before = dump(space, variant)
    await expect(apply(changes, space.runner, variant)).rejects.toMatchObject({
      code: 'APPLY',
      applied: [],
      offending: expect.stringContaining('-D PORTOLAN-DNAT -p tcp -m tcp --dport 8080'),
    })
    expect(dump(space, variant)).toBe(before)
  })

  test('a foreign flush is mended: what is missing is put back, and a jump moves in front of a foreign rule', async () => {
    using space = networkNamespace()
    const compiled = compile(desiredState([mapping(8080)]))
    await apply(diff(await read(space, variant), compiled), space.runner, variant)
    space.run(`iptables-${suffix}`, ['-t', 'filter', '-F', 'FORWARD'])
    space.run(`iptables-${suffix}`, ['-t', 'nat', '-I', 'PREROUTING', '1', '-p', 'udp', '-j', 'RETURN'])
    const changes = diff(await read(space, variant), compiled)
    expect(changes.map((change) => change.after)).toEqual([
      '-A FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT',
      '-A PREROUTING -m addrtype --dst-type LOCAL -m comment --comment portolan -j PORTOLAN-DNAT (rule 1)',
    ])
    await apply(changes, space.runner, variant)
    expect(diff(await read(space, variant), compiled)).toEqual([])
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { NetlinkSocket } from '@portolan/core'
import { ApplyError, StaleStateError } from '@portolan/netfilter'
import { change } from '../../src/diff/describe.ts'
import {
  apply,
  compile,
  diff,
  generation,
  inspect,
  type NftablesChange,
  printScript,
  type Ruleset,
  type Table,
} from '../../src/index.ts'
import { chain, rule } from '../../src/model/build.ts'
import { emptyRuleset, goto, nat } from '../../src/model/index.ts'
import { large, mapping, state } from '../arbitrary/example.ts'
import { idle, openRelay } from '../arbitrary/netlink-relay.ts'
import { hasNamespaces, type NetworkNamespace, openNetworkNamespace } from '../arbitrary/network-namespace.ts'

// Without namespaces these tests fail in CI, where a skipped suite would not be noticed.
const suite = hasNamespaces() || process.env.CI === 'true' ? describe : describe.skip

suite('changes sent over netlink', () => {
  let namespace: NetworkNamespace
  let socket: NetlinkSocket
  beforeAll(() => {
    namespace = openNetworkNamespace()
    socket = openRelay(namespace)
  })
  afterAll(() => {
    socket.close()
    namespace.close()
  })
  beforeEach(() => void namespace.nft(['flush', 'ruleset']))

  const list = (): string => namespace.nft(['-a', 'list', 'ruleset'])
  const refused = (changes: readonly NftablesChange[], generation: number | null = null): Promise<unknown> =>
    apply(changes, idle, { socket, generation }).catch((error: unknown) => error)
  const ownTable = (ruleset: Ruleset): Table => {
    const [table] = ruleset.tables
    if (table === undefined) throw new Error('no table')
    return table
  }

  test('replace a table that is built otherwise, as nft would', async () => {
    const foreign = 'table inet portolan { set bridges { type ipv4_addr; }; chain forward { counter; }; }'
    const desired = compile(
      state({ mappings: [mapping(), mapping({ allowFrom: ['10.0.0.0/8', '192.0.2.7/32'] })] }),
    )
    const listings: string[] = []
    for (const options of [{}, { socket }]) {
      namespace.nft(['flush', 'ruleset'])
      namespace.nft(['-f', '-'], foreign)
      const changes = diff(await inspect(namespace.runner), desired)
      expect(changes.map(({ operation }) => operation.kind)).toEqual(['replace-table'])
      await apply(changes, options.socket === undefined ? namespace.runner : idle, options)
      listings.push(list().replace(/ # handle \d+$/m, ''))
    }
    expect(listings[1]).toBe(listings[0])
  })

  test('come whole where there are many', async () => {
    await apply(diff(emptyRuleset, compile(large(4_000))), idle, { socket })
    expect(list().match(/tcp \. \d+ comment/g)).toHaveLength(4_000)
  })

  test('are refused whole, with the command that was refused', async () => {
    namespace.nft(['-f', '-'], printScript(compile(state()), 'nft'))
    const before = list()
    const twice = await refused(diff(emptyRuleset, compile(state())))
    expect(twice).toBeInstanceOf(StaleStateError)
    expect(String(twice)).toContain('(the kernel: EEXIST, at: create table inet portolan')

    const nowhere = chain('forward', [rule(null, goto('nowhere'))])
    const lost = await refused([change({ kind: 'replace-rules', chain: nowhere, rules: nowhere.rules })])
    expect(lost).toBeInstanceOf(StaleStateError)
    expect(String(lost)).toContain('ENOENT, at: add rule inet portolan forward goto nowhere')

    // Sources are translated once the way is known (nf_nat_masquerade.c).
    const tooEarly = chain('nat_prerouting', [rule(null, nat('masquerade'))])
    const never = await refused([change({ kind: 'replace-rules', chain: tooEarly, rules: tooEarly.rules })])
    expect(never).toBeInstanceOf(ApplyError)
    expect(never).toMatchObject({ offending: 'add rule inet portolan nat_prerouting masquerade' })

    const used = ownTable(compile(state())).sets.find(({ name }) => name === 'bridges')
    const busy = used === undefined ? null : await refused([change({ kind: 'remove-set', set: used })])
    expect(String(busy)).toContain('EBUSY, at: delete set inet portolan bridges')
    expect(list()).toBe(before)
  })

  test('are refused in another generation than they are for, whatever they are', async () => {
    const read = await generation(socket)
    namespace.nft(['add', 'table', 'ip', 'other'])
    const changes = diff(emptyRuleset, compile(state()))
    const stale = await refused(changes, read)
    expect(stale).toBeInstanceOf(StaleStateError)
    expect(String(stale)).toContain('ERESTART')
    expect(list()).not.toContain('portolan')
    await apply(changes, idle, { socket, generation: await generation(socket) })
    expect(list()).toContain('table inet portolan')
  })

  test('that remove what another process has not put in yet are refused as stale, also in their own generation', async () => {
    const two = [mapping(), mapping({ hostPort: 8081 })]
    const [before, after] = [compile(state()), compile(state({ mappings: two }))]
    namespace.nft(['-f', '-'], printScript(before, 'nft'))
    const removals = diff(after, before).filter(({ operation }) => operation.kind === 'remove-element')
    expect(removals.length).toBeGreaterThan(0)
    const early = await refused(removals, await generation(socket))
    expect(early).toBeInstanceOf(StaleStateError)
    expect(String(early)).toContain('ENOENT, at: delete element inet portolan dnat4')
  })

  test('that hold what our table never has are left to nft, with all beside them', async () => {
    namespace.nft(['-f', '-'], printScript(compile(state()), 'nft'))
    const counted = chain('counted', [
      rule('demo/web', { kind: 'counter', name: null, packets: 0, bytes: 0 }),
      rule('demo/web', { kind: 'log', json: { prefix: 'seen' } }),
    ])
    const changes = [change({ kind: 'add-chain', chain: counted })]
    expect(String(await refused(changes))).toContain('nft was started')
    await apply(changes, namespace.runner, { socket })
    expect(list()).toContain('log prefix "seen"')
  })
})

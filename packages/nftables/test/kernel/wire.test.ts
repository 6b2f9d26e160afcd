import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { NetlinkSocket } from '@portolan/core'
import { StaleStateError } from '@portolan/netfilter'
import fc from 'fast-check'
import { change } from '../../src/diff/describe.ts'
import {
  applyLive,
  compile,
  generation,
  type NftablesChange,
  parse,
  printScript,
  publishChange,
  unpublishChange,
} from '../../src/index.ts'
import { canonical } from '../arbitrary/canonical.ts'
import { desiredState } from '../arbitrary/desired-state.ts'
import { mapping, state } from '../arbitrary/example.ts'
import { openRelay } from '../arbitrary/netlink-relay.ts'
import { hasNamespaces, type NetworkNamespace, openNetworkNamespace } from '../arbitrary/network-namespace.ts'

// Without namespaces these tests fail in CI, where a skipped suite would not be noticed.
const suite = hasNamespaces() || process.env.CI === 'true' ? describe : describe.skip

suite('elements sent over netlink', () => {
  let namespace: NetworkNamespace
  const list = () => canonical(parse(namespace.nft(['-j', 'list', 'ruleset']), 'nft'))

  let socket: NetlinkSocket
  beforeAll(() => {
    namespace = openNetworkNamespace()
    socket = openRelay(namespace)
  })
  afterAll(() => {
    socket.close()
    namespace.close()
  })

  test('go and come back, of every kind we write, and nft lists them as it listed its own', async () => {
    await fc.assert(
      fc.asyncProperty(desiredState(), async (desired) => {
        const compiled = compile(desired)
        namespace.nft(['-f', '-'], printScript(compiled, 'nft'))
        const elements = compiled.tables.flatMap(({ sets }) =>
          sets
            .filter(({ flags }) => flags.length === 0)
            .flatMap((set) => set.elements.map((element) => ({ set: { ...set, elements: [] }, element }))),
        )
        const all = (kind: 'add-element' | 'remove-element'): readonly NftablesChange[] =>
          elements.map((place) => change({ kind, ...place }))
        expect(await applyLive(all('remove-element'), socket)).toBe(true)
        expect(
          list().tables.flatMap(({ sets }) =>
            sets.filter(({ flags }) => flags.length === 0).flatMap((set) => set.elements),
          ),
        ).toEqual([])
        expect(await applyLive(all('add-element'), socket)).toBe(true)
        expect(list()).toEqual(canonical(compiled))
      }),
      { numRuns: 15 },
    )
  })

  test('are refused as stale when they are there already, or gone, and then nothing has changed', async () => {
    const compiled = compile(state())
    namespace.nft(['-f', '-'], printScript(compiled, 'nft'))
    const given = (made: NftablesChange | null): readonly NftablesChange[] => (made === null ? [] : [made])
    const fresh = given(publishChange('demo', mapping({ hostPort: 443 })))
    const there = given(publishChange('demo', mapping()))
    const gone = given(unpublishChange('demo', mapping({ hostPort: 444 })))
    await expect(applyLive([...fresh, ...there], socket)).rejects.toThrow(StaleStateError)
    await expect(applyLive([...gone, ...fresh], socket)).rejects.toThrow(StaleStateError)
    expect(list()).toEqual(canonical(compiled))
    expect(await applyLive(fresh, socket)).toBe(true)
    expect(list()).toEqual(canonical(compile(state({ mappings: [mapping(), mapping({ hostPort: 443 })] }))))
  })

  test('are refused when a rule changed since, though every map is still there', async () => {
    namespace.nft(['flush', 'ruleset'])
    namespace.nft(['-f', '-'], printScript(compile(state()), 'nft'))
    const given = (made: NftablesChange | null): readonly NftablesChange[] => (made === null ? [] : [made])
    const port = (hostPort: number) => given(publishChange('demo', mapping({ hostPort })))
    const read = await generation(socket)
    expect(await applyLive(port(443), socket, { generation: read })).toBe(true)
    expect(await applyLive(port(444), socket, { generation: (read ?? 0) + 1 })).toBe(true)
    namespace.nft(['flush', 'table', 'inet', 'portolan'])
    const flushed = list()
    await expect(applyLive(port(445), socket, { generation: (read ?? 0) + 2 })).rejects.toThrow(
      StaleStateError,
    )
    expect(list()).toEqual(flushed)
    expect(await applyLive(port(445), socket, { generation: await generation(socket) })).toBe(true)
  })
})

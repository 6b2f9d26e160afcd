import { expect, test } from '@jest/globals'
import type { DesiredNetwork, DesiredState } from '@portolan/core'
import { type HostFacts, IntentError, PortolanError } from '@portolan/netfilter'
import { followExternals } from '../../src/watch/followed-externals.ts'

const theirs: DesiredNetwork = {
  ...{ name: 'theirs', bridge: 'br-two', external: true, internal: false, icc: true, mtu: null },
  ip: { subnet: '10.64.1.0/24', gateway: '10.64.1.1', mode: 'nat', masquerade: true },
  ip6: null,
}
const desired = (...networks: readonly DesiredNetwork[]): DesiredState => ({
  ...{ project: 'shop', networks, endpoints: [], mappings: [], guardForwarding: false },
})
const up: HostFacts = { interfaces: [{ name: 'br-two', index: 4, addresses: ['10.64.1.1/24'] }] }
const gone: HostFacts = { interfaces: [] }

const missing = (words: string, line = 3): IntentError =>
  new IntentError(words, { source: 'compose.yaml', line, column: 9 })

/** A follower whose next plans have these results. */
const followed = () => {
  const plans: (DesiredState | PortolanError)[] = []
  const externals = followExternals(async () => {
    const next = plans.shift() ?? desired(theirs)
    if (next instanceof PortolanError) throw next
    return next
  })
  return { externals, plans }
}

test('a network that is missing is told once, in whatever words and by whatever comes upon it first', async () => {
  const { externals, plans } = followed()
  const state = desired(theirs)
  expect(await externals.look(state, up)).toEqual({ moved: [], missing: null })
  // A search for conflicts finds it before a check does, while the owner still works on the network.
  expect(externals.wasReported(missing('its bridge is not on this host'))).toBe(false)
  plans.push(missing('no bridge belongs to it'), missing('no bridge belongs to it'))
  for (const _look of [1, 2]) expect((await externals.look(state, gone)).missing).toBeNull()
  expect(externals.areMissing()).toBe(true)
  expect(externals.wasReported(missing('no bridge belongs to it'))).toBe(true)
  // Another error is news, and so is one about something else.
  expect(externals.wasReported(missing('no bridge belongs to it', 4))).toBe(false)
  expect(externals.wasReported(new PortolanError('STATE', 'The disk is full.'))).toBe(false)
})

test('one whose bridge outlives what its engine wrote down is told once', async () => {
  const { externals, plans } = followed()
  const state = desired(theirs)
  await externals.look(state, up)
  const error = missing('no network has that name')
  expect(externals.wasReported(error)).toBe(false)
  for (const _look of [1, 2]) {
    plans.push(error)
    expect(await externals.look(state, up)).toEqual({ moved: [], missing: null })
    expect(externals.wasReported(error)).toBe(true)
  }
  // The network exists again, and disappears again.
  await externals.look(state, up)
  expect(externals.wasReported(error)).toBe(false)
})

test('one that came back and went again is told again', async () => {
  const { externals, plans } = followed()
  const state = desired(theirs)
  await externals.look(state, up)
  for (const facts of [gone, up, gone]) {
    if (facts === gone) plans.push(missing('no bridge belongs to it'))
    const { missing: error } = await externals.look(state, facts)
    expect(error === null).toBe(facts === up)
    if (error !== null) expect(externals.wasReported(error)).toBe(false)
  }
})

test('of a project without such a network each failure is told', () => {
  const { externals } = followed()
  for (const _time of [1, 2]) expect(externals.wasReported(missing('a mistake'))).toBe(false)
})

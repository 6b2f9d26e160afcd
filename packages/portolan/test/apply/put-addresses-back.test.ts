import { describe, expect, test } from '@jest/globals'
import { putAddressesBack } from '../../src/apply/put-addresses-back.ts'
import type { PlanChange } from '../../src/plan/plan.ts'
import { after, backends, bridge, intentOf, planOf } from '../shop.ts'

const text = (subnet: string): string =>
  `services: {nginx: {ports: ["8080:80"], networks: [web]}}\nnetworks: {web: {ipam: {config: [{subnet: ${subnet}}]}}}`

/** Records the addresses that bridges get. `refused` are addresses that they do not accept. */
const recording = (refused: readonly string[] = []) => {
  const given: string[] = []
  const addAddress = async (name: string, address: string): Promise<void> => {
    if (refused.includes(address)) throw new Error('no')
    given.push(`${address} ${name}`)
  }
  return { given, links: { addAddress } }
}

describe.each(backends)('an apply of %s that fails at the rules', (backend) => {
  const before = planOf({ backend, intent: intentOf(text('10.9.0.0/24')) })
  const host = after(before)
  const moving = planOf({ ...host, backend, intent: intentOf(text('10.8.0.0/24')) })
  const taken = moving.changes.filter(({ part, action }) => part === 'link' && action === 'remove')
  const cut = (applied: readonly PlanChange[], now = async () => host.rules) => ({
    ...{ applied, rules: host.rules, readNow: now },
  })

  test('gives bridges their addresses back, and tells none of it as in force', async () => {
    const { given, links } = recording()
    expect(taken).toHaveLength(1)
    expect(await putAddressesBack({ ...cut(taken), links })).toEqual([])
    expect(given).toEqual([`10.9.0.1/24 ${bridge}`])
  })

  test('tells an address as removed that the bridge does not take again', async () => {
    const { links } = recording(['10.9.0.1/24'])
    expect(await putAddressesBack({ ...cut(taken), links })).toEqual(taken)
  })

  test('leaves addresses alone once rules of ours changed, or cannot be read', async () => {
    const { given, links } = recording()
    const rules = moving.changes.filter(({ part }) => part === backend)
    const later = after(moving).rules
    const unread = async () => {
      throw new Error('unread')
    }
    expect(await putAddressesBack({ ...cut([...taken, ...rules]), links })).toEqual([...taken, ...rules])
    expect(await putAddressesBack({ ...cut(taken, async () => later), links })).toEqual(taken)
    expect(await putAddressesBack({ ...cut(taken, unread), links })).toEqual(taken)
    expect(given).toEqual([])
  })
})

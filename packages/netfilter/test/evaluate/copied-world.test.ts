import { expect, test } from '@jest/globals'
import { openFlow, prepareFollower } from '../../src/analysis.ts'
import { copyWorld, type World } from '../../src/evaluate/packet/world.ts'
import { facts } from './model.ts'

test('a copy of a world has each field, in the same order', () => {
  const { host } = prepareFollower(facts, [])
  const own = { family: 'ip', protocol: 6, in: 'eth0', port: null } as const
  const sent = {
    saddr: 0xc6336407,
    daddr: 0xc0000202,
    sport: 40_000,
    dport: 80,
    state: 'new',
    mark: 0,
  } as const
  const opened = openFlow(host, { ...own, ...sent, tcpFlags: null, icmpType: null, icmpCode: 0 })
  // Each field has a value of its own, so that no field can stand for another.
  const world = Object.fromEntries(Object.keys(opened).map((name) => [name, { name }])) as unknown as World
  const copy: object = copyWorld(world)
  expect(Object.entries(copy)).toEqual(Object.entries(world))
  expect(copy).not.toBe(world)
})

import { expect, test } from '@jest/globals'
import type { Conflict } from '@portolan/core'
import { routeLocalnetDisabled } from '@portolan/core/planning'
import { listConflicts } from '../../../src/plan/print/list-conflicts.ts'

const never = () => false

const dropped = (mapping: string | null, network: string | null = null): Conflict =>
  ({
    ...routeLocalnetDisabled('net.ipv4.ip_forward', '0', 'web'),
    kind: 'ForwardDropped',
    mapping,
    network,
    culprit: {
      tool: 'iptables-nft',
      family: 'ip',
      table: 'filter',
      chain: 'FORWARD',
      position: 'policy',
      handle: null,
      text: '-P FORWARD DROP',
      owner: 'docker',
      counters: null,
    },
  }) as Conflict

test('a list has one line for all mappings and networks of one cause', () => {
  expect(listConflicts([dropped('80 -> a:80'), dropped(null, 'web'), dropped('81 -> a:81')], never)).toEqual([
    'error ForwardDropped by iptables-nft filter FORWARD policy (docker): 80 -> a:80, network web, 81 -> a:81',
  ])
})

test('a list names three of many', () => {
  const many = Array.from({ length: 9 }, (_, at) => dropped(`${at} -> a:80`))
  expect(listConflicts(many, never)).toEqual([expect.stringMatching(/2 -> a:80 and 6 more$/)])
})

test('a list tells apart what is certain from what is possible, and one cause from another', () => {
  const setting = routeLocalnetDisabled('net.ipv4.ip_forward', '0', 'web')
  expect(listConflicts([dropped('a'), { ...dropped('a'), certainty: 'possible' }, setting], never)).toEqual([
    'error ForwardDropped by iptables-nft filter FORWARD policy (docker): a',
    'error (possible) ForwardDropped by iptables-nft filter FORWARD policy (docker): a',
    'error RouteLocalnetDisabled by sysctl net.ipv4.ip_forward = 0: network web',
  ])
})

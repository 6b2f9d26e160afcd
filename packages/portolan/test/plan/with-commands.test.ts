import { expect, test } from '@jest/globals'
import { noFlows } from '@portolan/host'
import type { InterfaceFact } from '@portolan/netfilter'
import { withOwnOptions } from '../../src/command/options/with-own-options.ts'
import { noRules } from '../../src/host-rules/host-rules.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import { planInput } from '../../src/plan/plan-input.ts'
import type { PlanOptions } from '../../src/plan/plan-options.ts'
import { bridge, intentOf } from '../shop.ts'

const nginx = 'services: {nginx: {networks: [web]}}\nnetworks: {web: '
const named = intentOf(`${nginx}{ipam: {config: [{subnet: 10.3.0.0/24}]}}}`)
const inTheWay = { name: 'eth0', up: true, addresses: ['10.3.0.9/24'] }
const held = { name: bridge, alias: 'portolan project=shop network=web', addresses: ['10.3.0.1/24'] }

const remediesOf = (
  options: PlanOptions,
  intent = named,
  interfaces: readonly InterfaceFact[] = [inTheWay],
) =>
  makePlan(
    planInput(intent, options, {
      ...{ facts: { interfaces }, rules: noRules, surrounding: null, backend: 'nftables', leases: null },
      ...{ unread: [], fixes: [], owed: noFlows, sysctls: true, live: [], search: false },
    }),
  )
    .conflicts.filter(({ kind }) => kind === 'SubnetOverlap')
    .map(({ remedy }) => remedy)

const ownCommand = withOwnOptions({ intent: 'etcd:///shop', project: 'shop', state: '/s' })

test('the command that moves a network is about its project in the sentence too', () => {
  expect(remediesOf({ ownCommand })).toEqual([
    {
      text: expect.stringContaining('(with `portolan move --project shop --state /s web` where it is up'),
      commands: ['portolan subnet --state /s'],
    },
  ])
  expect(remediesOf({ ownCommand }, intentOf(`${nginx}{}}`), [inTheWay, held])).toEqual([
    {
      text: expect.stringMatching(/^Move the network: `portolan move --project shop --state \/s web` shows/),
      commands: ['portolan move --project shop --state /s web'],
    },
  ])
})

test('a command is written once, however it is written', () => {
  const sudo = (command: string): string => `sudo ${command}`
  expect(remediesOf({ ownCommand: sudo })).toEqual([
    {
      text: expect.stringContaining('(with `sudo portolan move web` where'),
      commands: ['sudo portolan subnet'],
    },
  ])
})

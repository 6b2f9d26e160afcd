import { expect, test } from '@jest/globals'
import { acquireAddress, commitLeases, emptyLeases } from '@portolan/core'
import { commandWording } from '@portolan/netfilter'
import { after, intentOf, planOf } from '../shop.ts'

const textOf = (networks: string): string =>
  `services: {a: {networks: [${networks}]}}\nnetworks: {front: {}, back: {}}`

/** The note about an endpoint on a network that the text no longer has. */
const noteOf = (more: Partial<Parameters<typeof planOf>[0]>): string => {
  const first = planOf({ intent: intentOf(textOf('front, back')), leases: emptyLeases })
  if (first.leases === null) throw new Error('a plan with a store has leases')
  const back = first.desired.networks.find(({ name }) => name === 'back')?.ip
  if (back === undefined || back === null) throw new Error('back has a subnet')
  const { state } = acquireAddress(commitLeases(emptyLeases, first.leases).state, {
    on: { project: 'shop', network: 'back' },
    holder: { project: 'shop', service: 'job', replica: 1 },
    ...{ subnet: back.subnet, gateway: back.gateway },
    ...{ ipRange: null, address: null, mac: null },
  })
  const { notes } = planOf({ ...after(first), intent: intentOf(textOf('front')), leases: state, ...more })
  return notes.flatMap(({ text }) => (text.startsWith('Endpoint job') ? [text] : [])).join('\n')
}

test('what is leased to an endpoint of a network that went is freed by two commands', () => {
  const ownCommand = (command: string): string => `${command} -f shop.yaml`
  expect(noteOf({ ownCommand })).toMatch(
    / To free them: `portolan detach job -p shop -f shop\.yaml`, and then `portolan apply -f shop\.yaml`\.$/,
  )
})

test('where a key has the text, its watch frees the rest', () => {
  const ownCommand = (command: string): string => command.replace('apply', 'watch --intent etcd:///shop')
  expect(noteOf({ ownCommand, wording: { ...commandWording, apply: null } })).toMatch(
    / To free them: `portolan detach job -p shop`, and then have the text applied again: its watch does that when it gets SIGHUP or is started anew \(`portolan watch --intent etcd:\/\/\/shop`\)\.$/,
  )
})

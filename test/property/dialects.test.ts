import { describe, expect, test } from '@jest/globals'
import type { DesiredMapping, DesiredState, PublishedPort } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { desiredState, joinedState } from './arbitrary/flow.ts'
import { runs } from './support/runs.ts'

/** The host ports and their destinations, in a fixed order. */
const sockets = (ports: readonly Omit<PublishedPort, 'project' | 'label'>[]): readonly string[] =>
  ports
    .map((port) =>
      [
        port.family,
        port.protocol,
        port.hostAddress,
        port.hostPort,
        port.interface,
        ...port.targets.map((target) => `${target.address} ${target.port}`),
        port.limited === true ? 'limited' : '',
      ].join(' '),
    )
    .sort()

const wanted = ({ mappings }: DesiredState): readonly string[] =>
  sockets(
    mappings
      .filter(({ kind }) => kind === 'nat')
      .map((mapping) => ({ ...mapping, ...(isLimited(mapping) ? { limited: true } : {}) })),
  )

const isLimited = ({ allowFrom }: DesiredMapping): boolean =>
  allowFrom !== null && !allowFrom.some((prefix) => prefix.endsWith('/0'))

const wantedOpen = ({ mappings }: DesiredState): readonly string[] => {
  const direct = mappings.filter(({ kind }) => kind === 'direct')
  const sockets = new Map<string, boolean>()
  for (const mapping of direct)
    for (const { address, port } of mapping.targets) {
      const key = `${mapping.protocol} ${address} ${port}`
      const isOpen = mapping.interface === null && !isLimited(mapping)
      sockets.set(key, (sockets.get(key) ?? false) || isOpen)
    }
  return [...sockets].map(([key, isOpen]) => `${key} ${isOpen}`).sort()
}

const openedIn = (ports: readonly PublishedPort[]): readonly string[] =>
  ports
    .map(
      ({ protocol, targets: [to], limited }) => `${protocol} ${to?.address} ${to?.port} ${limited !== true}`,
    )
    .sort()

describe('both dialects', () => {
  test('publish exactly what is desired, as read back from what they compile', () => {
    fc.assert(
      fc.property(fc.oneof(desiredState, joinedState), (desired) => {
        expect(sockets(nftables.published(nftables.compile(desired)))).toEqual(wanted(desired))
        expect(sockets(iptables.published(iptables.compile(desired)))).toEqual(wanted(desired))
      }),
      runs(80),
    )
  })

  test('open exactly the ports of routed networks that are desired, as read back from what they compile', () => {
    fc.assert(
      fc.property(fc.oneof(desiredState, joinedState), (desired) => {
        expect(openedIn(nftables.opened(nftables.compile(desired)))).toEqual(wantedOpen(desired))
        expect(openedIn(iptables.opened(iptables.compile(desired)))).toEqual(wantedOpen(desired))
      }),
      runs(80),
    )
  })

  test('know the projects they have rules of', () => {
    fc.assert(
      fc.property(fc.oneof(desiredState, joinedState), (desired) => {
        expect(nftables.projectsIn(nftables.compile(desired))).toEqual([desired.project])
        expect(iptables.projectsIn(iptables.compile(desired))).toEqual([desired.project])
      }),
      runs(30),
    )
  })
})

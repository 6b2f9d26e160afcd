import type { DesiredState, EndpointMark, LeaseState } from '@portolan/core'
import { attachedEnds, leasedEnds } from '@portolan/core/planning'
import { commandWording, type HostFacts, type Wording } from '@portolan/netfilter'
import { changedEndpointNotes } from './changed-endpoints.ts'
import { cutEndpointNotes } from './cut-endpoints.ts'
import { asItIs, type WrittenCommand } from './endpoint-commands.ts'
import { formerAddressNotes } from './former-addresses.ts'
import { leftEndpointNotes } from './left-endpoints.ts'
import { parentedChangeNotes } from './parented-changes.ts'

/** The parts of a plan's input that these notes need. */
interface NotedInput {
  readonly facts: HostFacts
  readonly leases: LeaseState | null
  readonly isLive?: boolean
  readonly ownCommand?: WrittenCommand
  readonly wording?: Wording
  /** Interfaces that a bridge releases are put on the next bridge, as a watch does. */
  readonly mendsPorts?: boolean
}

/** Notes on endpoints of `attach` that lose something by a plan. A live host reports its own endpoints itself. */
export const endpointNotes = (
  {
    facts,
    leases,
    isLive = false,
    ownCommand = asItIs,
    wording = commandWording,
    mendsPorts = false,
  }: NotedInput,
  desired: DesiredState,
): readonly string[] => {
  if (leases === null || isLive) return []
  const isOwn = ({ project }: EndpointMark): boolean => project === desired.project
  const ends = leasedEnds(
    attachedEnds(facts).filter(({ mark }) => isOwn(mark)),
    leases,
  )
  return [
    ...cutEndpointNotes(desired, ends, leases, ownCommand, wording),
    ...leftEndpointNotes(desired, ends, ownCommand),
    ...changedEndpointNotes(desired, ends, facts, ownCommand, mendsPorts),
    ...parentedChangeNotes(desired, leases, ownCommand),
    ...formerAddressNotes(facts, leases, isOwn, ownCommand),
  ]
}

import type { DesiredState, EndpointMark, LeaseState } from '@portolan/core'
import { attachedEnds, leasedEnds } from '@portolan/core/planning'
import { commandWording, type HostFacts, type Wording } from '@portolan/netfilter'
import { changedEndpointNotes } from './changed-endpoints.ts'
import { cutEndpointNotes } from './cut-endpoints.ts'
import { asItIs, type WrittenCommand } from './endpoint-commands.ts'
import { formerAddressNotes } from './former-addresses.ts'
import { leftEndpointNotes } from './left-endpoints.ts'
import { parentedChangeNotes } from './parented-changes.ts'

/** What these notes are told from, of what a plan is made from. */
interface NotedInput {
  readonly facts: HostFacts
  readonly leases: LeaseState | null
  readonly isLive?: boolean
  readonly ownCommand?: WrittenCommand
  readonly wording?: Wording
  /** Interfaces that a bridge releases are put on the next one, as a watch does. */
  readonly mendsPorts?: boolean
}

/** Endpoints that `attach` made, where a plan leaves them without what they have. A live host tells of its own. */
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

import { commandWording, oneWay, type Wording } from '@portolan/netfilter'
import { allOrNone } from '@portolan/netfilter/advice'
import { isGuess } from '../../pool/reservation.ts'
import { aboutNetwork, type Conflict, culpritOutsideRules, type Remedy } from '../conflict.ts'
import { moveCommand } from './move-command.ts'

/** Something that a subnet collides with. */
export interface Overlapped {
  readonly overlaps: string
  readonly kind: string
  readonly detail: string
  readonly owner: string | null
  /** Whether it is on a bridge that Portolan manages. */
  readonly isManaged?: true
}

/** The kinds that an allowed range does not free: reserved by the user, leased, or possibly another host's. */
const claimed: readonly string[] = ['lease', 'reserved', 'own', 'cluster']

/** How the user can still use the range if the overlap is meant; empty: there is no way. */
const allowText = (overlapped: readonly Overlapped[], allowed: string): string => {
  if (overlapped.some(({ kind, isManaged }) => isManaged || ['lease', 'own', 'cluster'].includes(kind)))
    return ''
  const observed = overlapped.filter(({ kind }) => !claimed.includes(kind))
  const allow = [...new Set(observed.map(({ overlaps }) => allowed.replace('{}', overlaps)))]
  const reserved = new Set(
    overlapped.filter((one) => !observed.includes(one)).map(({ overlaps }) => overlaps),
  )
  const ways = [
    ...(allow.length === 0 ? [] : [`use the range anyway with ${allow.join(' ')}`]),
    ...(reserved.size === 0 ? [] : [`stop reserving ${[...reserved].join(', ')}`]),
  ]
  return `${ways.join(' and ')} if the overlap is intended`
}

/** Whether packets for the overlap certainly go one way only. */
const isSure = ({ kind }: Overlapped): boolean => !isGuess(kind)

/**
 * A subnet overlaps something on the host. It was asked for by name, or a network already holds it. Packets for the
 * overlap go only one way, so one of the two is dead. A held subnet can be renumbered, but a subnet named in a file
 * must be changed there. One conflict reports everything that the subnet overlaps.
 *
 * @param isLive - a program holds the network: no file holds its intent, and `portolan move` has nothing to plan
 * @param hasLeft - the subnet is in addresses of a cluster that the host has left
 * @internal
 */
export const subnetOverlap = (
  network: string,
  subnet: string,
  overlapped: readonly Overlapped[],
  held = false,
  wording: Wording = commandWording,
  isLive = false,
  hasLeft = false,
): Conflict => {
  const sure = overlapped.filter(isSure)
  const [cause] = sure.length > 0 ? sure : overlapped
  const allow = allowText(surestFirst(overlapped), wording.allow)
  return {
    kind: 'SubnetOverlap',
    severity: sure.length === 0 ? 'warning' : 'error',
    certainty: 'certain',
    ...aboutNetwork(network),
    prefix: subnet,
    message: overlapText(network, [{ subnet, overlapped }]),
    witness: null,
    culprit: cause === undefined ? null : culpritOutsideRules(cause.kind, cause.detail, cause.owner),
    remedy: held
      ? isLive
        ? recreateRemedy(allow, wording)
        : moved(network, allow, wording)
      : named(network, overlapped, allow, isLive ? { ...wording, move: null } : wording, hasLeft),
    trace: [],
  }
}

const surestFirst = (overlapped: readonly Overlapped[]): readonly Overlapped[] => [
  ...overlapped.filter(isSure),
  ...overlapped.filter((one) => !isSure(one)),
]

/**
 * The sentence that subnets of a network collide with something.
 *
 * @param subnets - one subnet, or one of each family
 */
export const overlapText = (
  network: string,
  subnets: readonly { readonly subnet: string; readonly overlapped: readonly Overlapped[] }[],
): string => {
  const all = subnets.flatMap(({ overlapped }) => surestFirst(overlapped))
  const found = all.map(({ overlaps, detail }) => `${overlaps}: ${detail}`).join('; and ')
  const [named, overlap] = subnets.length === 1 ? ['subnet', 'overlaps'] : ['subnets', 'overlap']
  const followers = all.some(isSure)
    ? ` Until that is settled, conflicts of network ${network} with rules are not looked for.`
    : ''
  return `The ${named} ${subnets.map(({ subnet }) => subnet).join(' and ')} of network ${network} ${overlap} ${found}. Packets for the overlap can only go one way.${followers}`
}

/** Whether the overlap is with addresses of a cluster that another host has or may claim. */
const isOfCluster = (overlapped: readonly Overlapped[]): boolean =>
  overlapped.some(({ kind }) => kind === 'cluster')

/** @param wording - without `move`, the network does not exist or nothing knows it: another intent makes it anew */
const named = (
  network: string,
  overlapped: readonly Overlapped[],
  allow: string,
  { move, subnets }: Wording,
  hasLeft: boolean,
): Remedy => {
  const proposes = subnets === null ? [] : [subnets]
  const moves = move === null ? [] : allOrNone([moveCommand(move, network)])
  if (isOfCluster(overlapped))
    return {
      text: move === null ? namedElsewhere(subnets, hasLeft) : namedInFile(subnets, hasLeft),
      commands: [...proposes, ...moves],
    }
  // If the subnet is only left out, the network keeps it.
  const first = moves
    .map((command) => ` (with \`${command}\` where it is up: a network keeps its subnet until then)`)
    .join('')
  return {
    text: `Leave the subnet out to have a free one picked${first}${allow === '' ? ' or' : ','} choose another${allow === '' ? '' : `, or ${allow}`}.`,
    commands: proposes,
  }
}

/**
 * The remedy for a subnet in a block that this host does not have, if a call names the subnet. Only that call can give
 * the network another one.
 *
 * @param subnets - a command that shows free subnets; null: that program has none
 * @param hasLeft - the host has left its cluster, so it has no block there
 */
export const namedElsewhere = (subnets: Wording['subnets'], hasLeft = false): string =>
  [
    `Where the subnet is named, name another one, or leave it out to have one picked ${hasLeft ? 'outside the cluster' : 'in a block of this host'}.`,
    ...proposal(subnets),
  ].join(' ')

/** The remedy if a file names the subnet. If the subnet is only left out there, the network keeps it. */
export const namedInFile = (subnets: Wording['subnets'], hasLeft = false): string =>
  [
    `Where the file names the subnet, name another one there, or leave it out and move the network, which gives it one ${hasLeft ? 'outside the cluster' : 'in a block of this host'}.`,
    ...proposal(subnets),
  ].join(' ')

const proposal = (subnets: Wording['subnets']): readonly string[] =>
  subnets === null ? [] : [`\`${subnets}\` proposes one there.`]

const recreateRemedy = (allow: string, { removeNetwork }: Wording): Remedy => ({
  text: `Give it a free subnet: ${removeNetwork}, and make it again.${allow === '' ? '' : ` Or ${allow}.`}`,
  commands: [],
})

const moved = (network: string, allow: string, { move, removeNetwork }: Wording): Remedy => {
  const commands = move === null ? [] : allOrNone([moveCommand(move, network)])
  const shown = commands.map((command) => `: \`${command}\` shows a plan that`)
  return {
    text: [
      move === null
        ? oneWay(removeNetwork)
        : `Move the network${shown.join('') || ', which'} gives it a free subnet and its endpoints new addresses.`,
      ...(allow === '' ? [] : [`Or ${allow}.`]),
      'A network never moves by itself.',
    ].join(' '),
    commands,
  }
}

import { commandWording, type Wording } from '@portolan/netfilter'
import { allOrNone, shellCommand } from '@portolan/netfilter/advice'
import { aboutNetwork, type Conflict, culpritOutsideRules } from '../conflict.ts'

/**
 * A foreign interface has the name that a network's bridge should get.
 * @internal
 */
export const bridgeNameTaken = (
  network: string,
  bridge: string,
  alias: string,
  { bridge: way }: Pick<Wording, 'bridge'> = commandWording,
): Conflict => ({
  kind: 'BridgeNameTaken',
  severity: 'error',
  certainty: 'certain',
  ...aboutNetwork(network),
  message: `The bridge of network ${network} should be called ${bridge}, but an interface of that name is already there and is not ours${alias === '' ? '' : ` (it is "${alias}")`}.`,
  witness: null,
  culprit: culpritOutsideRules('link', bridge),
  remedy: {
    text: `Choose another name ${way}.`,
    commands: allOrNone([shellCommand(['ip', '-d', 'link', 'show', 'dev', bridge])]),
  },
  trace: [],
})

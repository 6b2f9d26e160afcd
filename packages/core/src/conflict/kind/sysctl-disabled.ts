import { commandWording, oneWay, type Wording } from '@portolan/netfilter'
import { aboutHost, aboutNetwork, type Conflict, culpritOutsideRules } from '../conflict.ts'
import { sysctlCommands } from '../remedy/sysctl-command.ts'

const sysctlDisabled = (
  about:
    | ({ readonly kind: 'ForwardingDisabled' } & typeof aboutHost)
    | ({ readonly kind: 'RouteLocalnetDisabled' } & ReturnType<typeof aboutNetwork>),
  name: string,
  value: string | null,
  why: string,
  { sysctl, goOn }: Wording,
  first: readonly string[] = [],
): Conflict => ({
  ...about,
  severity: 'error',
  certainty: 'certain',
  message: `${name} is ${value ?? 'not there yet'} and may not be set by this plan: ${why}`,
  witness: null,
  culprit: culpritOutsideRules('sysctl', `${name} = ${value ?? '?'}`),
  remedy: {
    text:
      value === null
        ? oneWay(sysctl, goOn === null ? null : `${goOn} and set it once its interface is there`)
        : `${oneWay(sysctl, 'set it yourself and try again')}${first.length === 0 ? '' : ` ${first.join(' and ')} goes to 2 first: else the host loses its IPv6 default route.`}`,
    commands: [...first.flatMap((sysctl) => sysctlCommands(sysctl, '2')), ...sysctlCommands(name, '1')],
  },
  trace: [],
})

/**
 * The host does not forward, and the plan may not switch forwarding on. No published port reaches its container.
 *
 * @param acceptRa - sysctls that must be 2 first, so that routes from router advertisements stay
 * @internal
 */
export const forwardingDisabled = (
  name: string,
  value: string | null,
  acceptRa: readonly string[] = [],
  wording: Wording = commandWording,
): Conflict =>
  sysctlDisabled(
    { kind: 'ForwardingDisabled', ...aboutHost },
    name,
    value,
    'the host forwards nothing, so no published port reaches its container.',
    wording,
    acceptRa,
  )

/**
 * A mapping must answer on 127.0.0.1, but the bridge lacks route_localnet.
 * @example
 * routeLocalnetDisabled('net.ipv4.conf.br-web.route_localnet', '0', 'web').kind // 'RouteLocalnetDisabled'
 * @public @since 0.1.0
 */
export const routeLocalnetDisabled = (
  name: string,
  value: string | null,
  network: string,
  wording: Wording = commandWording,
): Conflict =>
  sysctlDisabled(
    { kind: 'RouteLocalnetDisabled', ...aboutNetwork(network) },
    name,
    value,
    `processes on the host do not reach the ports of ${network} on 127.0.0.1.`,
    wording,
  )

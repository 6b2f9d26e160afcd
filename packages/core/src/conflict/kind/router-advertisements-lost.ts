import { commandWording, type Wording } from '@portolan/netfilter'
import { aboutHost, type Conflict, culpritOutsideRules } from '../conflict.ts'
import { sysctlCommands } from '../remedy/sysctl-command.ts'

/**
 * The plan switches IPv6 forwarding on, and an interface has routes from router advertisements with an unknown
 * accept_ra.
 * @see Documentation/networking/ip-sysctl.rst `accept_ra`
 * @internal
 */
export const routerAdvertisementsLost = (
  interfaceName: string,
  sysctl: string,
  { goOn }: Wording = commandWording,
): Conflict => ({
  kind: 'RouterAdvertisementsLost',
  severity: 'error',
  certainty: 'possible',
  ...aboutHost,
  message:
    `${interfaceName} has IPv6 routes from router advertisements, and the value of ${sysctl} is not known. ` +
    'Unless it is 2, the kernel deletes the default route when the plan switches IPv6 forwarding on, and takes no further advertisement.',
  witness: null,
  culprit: culpritOutsideRules('sysctl', `${sysctl} = ?`),
  remedy: {
    text: `Find out why it cannot be read.${goOn === null ? '' : ` Or set it to 2 and ${goOn}.`}`,
    commands: sysctlCommands(sysctl, '2'),
  },
  trace: [],
})

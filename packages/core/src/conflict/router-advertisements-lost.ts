import { aboutHost, type Conflict, culpritOutsideRules } from './conflict.ts'
import { sysctlCommands } from './remedy/sysctl-command.ts'

/**
 * The plan switches IPv6 forwarding on, and does not know what keeps an interface's routes from router advertisements.
 * @see Documentation/networking/ip-sysctl.rst `accept_ra`
 * @internal
 */
export const routerAdvertisementsLost = (interfaceName: string, sysctl: string): Conflict => ({
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
    text: 'Find out why it cannot be read. Or set it to 2 and apply with --force.',
    commands: sysctlCommands(sysctl, '2'),
  },
  trace: [],
})

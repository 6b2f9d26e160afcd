import { PortolanError } from '@portolan/netfilter'

/**
 * @throws PortolanError `RULES_LOST` when rules are missing that neither the host nor this process can tell
 * @internal
 */
export const refuseLost = (lost: readonly string[]): void => {
  const [first] = lost
  if (first === undefined) return
  throw new PortolanError(
    'RULES_LOST',
    `Another program removed rules of Portolan, and what they were is not known: ${first} Ports that were open to some clients only could be open to all now. Nothing was changed. Run "portolan apply" for each project of this host, then try again.`,
  )
}

import { PortolanError } from '@portolan/netfilter'

/**
 * Refuses to write rules when some are missing that neither the host nor this process can tell.
 * @throws PortolanError `RULES_LOST`
 * @internal
 */
export const refuseLost = (lost: readonly string[]): void => {
  const [first] = lost
  if (first === undefined) return
  throw new PortolanError('RULES_LOST', {
    problem: `Another program removed rules of Portolan, and what they were is not known: ${first} Ports that were open to some clients only could be open to all now. Nothing was changed.`,
    remedy: ({ apply }) => remedyWith(apply),
  })
}

/** The remedy. Only a file says what the rules were. */
const remedyWith = (apply: string | null): string =>
  apply === null
    ? 'Apply the Compose file of each project of this host that has one, then try again.'
    : `Run ${apply} for each project of this host, then try again.`

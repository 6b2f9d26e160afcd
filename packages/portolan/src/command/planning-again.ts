import type { StaleStateError } from '@portolan/netfilter'

/** What the command says when it follows the advice of such an error itself. */
export const planningAgain = ({ happened, message }: StaleStateError): string =>
  `portolan: ${happened === null ? message : `${happened}; planning again.`}`

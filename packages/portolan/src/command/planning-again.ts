import type { StaleStateError } from '@portolan/netfilter'

/** What the command prints when it plans again by itself, as the error advises. */
export const planningAgain = ({ happened, message }: StaleStateError): string =>
  `portolan: ${happened === null ? message : `${happened}; planning again.`}`

/**
 * PORTOLAN_WIDE=yes asks more of each host: rows of networks and rows that the contract closes, many more senders, and
 * every source port. The kernel and the search still disagree about some of these, and each disagreement wants a named
 * case; until then a run of the suite asks the rows of mappings, from the ports that clients usually have.
 */
export const isWide: boolean = process.env.PORTOLAN_WIDE === 'yes'

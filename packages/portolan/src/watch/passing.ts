/**
 * The milliseconds that a fault or a conflict may last without a report. Another program may be at work for some
 * seconds, such as firewalld during a reload.
 */
export const PASSING_MS = 3000

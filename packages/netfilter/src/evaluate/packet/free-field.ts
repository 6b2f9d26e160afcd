/** The fields of a packet that a search leaves open. */
export type PacketField = 'saddr' | 'daddr' | 'sport' | 'dport'

/** What tells a mapping from others like it, where these are to be spoken for. */
export type MemberField = 'hostPort' | 'targetPort' | 'targetAddress'

export type FreeField = PacketField | MemberField

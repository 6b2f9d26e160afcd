/** The fields of a packet that a search leaves open. */
export type PacketField = 'saddr' | 'daddr' | 'sport' | 'dport'

/** The values that tell a mapping from similar mappings, where one search covers them all. */
export type MemberField = 'hostPort' | 'targetPort' | 'targetAddress'

export type FreeField = PacketField | MemberField

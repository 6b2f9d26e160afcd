/** The containers that a witness is from and to, as messages name them; null for an address that no container has. */
export interface NamedEnds {
  readonly sender: string | null
  readonly receiver: string | null
}

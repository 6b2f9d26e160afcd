/** What a route is looked up for: struct flowi4, as far as facts can speak of it. */
export interface RouteKey {
  readonly destination: number | bigint
  readonly source: number | bigint | null
  /** `lo` for what the host sends. */
  readonly in: string
  readonly out: string | null
  readonly mark: number
}

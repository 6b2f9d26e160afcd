/** @public @since 0.1.0 */
export interface DesiredEndpoint {
  readonly service: string
  readonly replica: number
  readonly network: string
  readonly ip: string | null
  readonly ip6: string | null
  readonly mac: string
}

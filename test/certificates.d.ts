/** Types for certificates.js. It is JavaScript because jest.config.js loads it without a compiler. */
export function settleCertificates(environment: Record<string, string | undefined>): void
export function withCertificates(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined>

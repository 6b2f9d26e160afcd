/** See certificates.js: jest.config.js, which runs as it is, needs it. */
export function settleCertificates(environment: Record<string, string | undefined>): void
export function withCertificates(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined>

/** Repositories whose campaigns launch by commit. */
import { z } from 'zod';
import { durationPattern, readDuration } from '../written/duration';
import { id, text, writtenOrElse } from './field';

const reference = (options: { description: string; examples: string[] }) => text({ max: 300, ...options });

/** Neither an option nor a way out of the names that git allows (`git check-ref-format`). */
const branchPattern = /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\.lock(?:\/|$)))[A-Za-z0-9._/-]{1,200}(?<![/.])$/;
const folderPattern = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9._/-]{1,200}(?<!\/)$/;

const credentialsSchema = z
  .strictObject({
    username: text({ max: 200, description: 'Name for HTTP. Absent: `git`.', examples: ['volante'] }).optional(),
    password: reference({
      description: 'Reference to a password or access token for HTTP.',
      examples: ['secret://GIT_TOKEN'],
    }).optional(),
    sshKey: reference({
      description: 'Reference to a private key for SSH.',
      examples: ['secret://GIT_KEY'],
    }).optional(),
    knownHosts: text({
      max: 4000,
      description: 'Lines of `known_hosts` for SSH; a server that is not among them is not talked to.',
      examples: ['git.shop.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP1b'],
    }).optional(),
  })
  .meta({ description: 'How to log in.', examples: [{ password: 'secret://GIT_TOKEN' }] });

const signaturesSchema = z
  .strictObject({
    of: z
      .enum(['commit', 'tag'])
      .default('commit')
      .meta({ description: 'What must be signed: the commit itself, or a tag on it.', examples: ['commit'] }),
    allowedSigners: z
      .array(
        text({
          max: 4000,
          description: 'A line.',
          examples: ['ana@shop.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA'],
        }),
      )
      .min(1)
      .max(200)
      .meta({
        description: 'Who may sign, as lines of an SSH allowed-signers file (`man ssh-keygen`).',
        examples: [['ana@shop.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA']],
      }),
  })
  .meta({
    description: 'Commits without a good signature are not applied.',
    examples: [{ of: 'commit', allowedSigners: ['ana@shop.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA'] }],
  });

const forgeSchema = z
  .strictObject({
    kind: z.enum(['github', 'gitea', 'gitlab']).meta({ description: 'Forgejo is `gitea`.', examples: ['gitea'] }),
    url: text({
      max: 500,
      description: 'Address of its API.',
      examples: ['https://api.github.com', 'https://git.shop.example/api/v1', 'https://gitlab.com/api/v4'],
    }),
    repository: text({
      max: 200,
      description: 'Its name there; with GitLab also the number of the project.',
      examples: ['marketing/campaigns'],
    }),
    token: reference({
      description: 'Reference to a token that may write commit statuses.',
      examples: ['secret://FORGE_TOKEN'],
    }),
  })
  .meta({
    description: 'Where each commit shows, as status `volante/sync/<environment>`, what became of its campaigns.',
    examples: [
      {
        kind: 'gitea',
        url: 'https://git.shop.example/api/v1',
        repository: 'marketing/campaigns',
        token: 'secret://FORGE_TOKEN',
      },
    ],
  });

export const repositorySchema = z
  .strictObject({
    url: text({
      max: 500,
      description: 'Address for git: https, ssh or a folder; or a reference.',
      examples: ['https://git.shop.example/marketing/campaigns.git', 'git@git.shop.example:marketing/campaigns.git'],
    }),
    branch: z
      .string()
      .regex(branchPattern)
      .default('main')
      .meta({ description: 'The branch whose commits are applied.', examples: ['main'] }),
    path: z
      .string()
      .regex(folderPattern)
      .default('campaigns')
      .meta({ description: 'The folder that holds the campaigns; nothing else is read.', examples: ['campaigns'] }),
    every: writtenOrElse('1m', {
      read: readDuration,
      pattern: durationPattern,
      description: 'How often to look for a new commit; a webhook only makes it look sooner.',
      examples: ['1m'],
    }),
    environment: id({
      description: 'Only in this environment. Absent: in every one.',
      examples: ['production'],
    }).optional(),
    actor: id({
      description: 'Who applies what somebody commits whose address is nobody’s in `people`.',
      examples: ['luis'],
    }),
    credentials: credentialsSchema.optional(),
    signatures: signaturesSchema.optional(),
    webhook: z
      .strictObject({
        secret: reference({
          description: 'Reference to the secret that the forge signs with (GitHub, Gitea, Forgejo) or sends (GitLab).',
          examples: ['secret://GIT_WEBHOOK'],
        }),
      })
      .optional()
      .meta({
        description: 'Push webhooks at `/hooks/git/<id>` of the gateway.',
        examples: [{ secret: 'secret://GIT_WEBHOOK' }],
      }),
    forge: forgeSchema.optional(),
    onRemoval: z
      .enum(['keep', 'ask'])
      .default('keep')
      .meta({
        description:
          'What happens to the run of a campaign whose file is gone: it goes on and shows as orphaned, or its approvers are asked whether to stop and undo it.',
        examples: ['keep'],
      }),
  })
  .meta({
    description: 'A repository whose campaigns launch by commit.',
    examples: [{ url: 'https://git.shop.example/marketing/campaigns.git', actor: 'luis' }],
  });

export type AuthoredRepository = z.output<typeof repositorySchema>;

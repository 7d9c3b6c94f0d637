"""
A host's directory copied while it is in use, and made anew from such a copy.

    <backup>/manifest.json              what there is, with digests
    <backup>/state/*.db                 the host's and the hub's own files
    <backup>/repositories/<o>/<n>.db    DoltLite files, of forks too
    <backup>/dolt/<o>/<n>/              Dolt databases, as ``dolt backup`` writes them
    <backup>/files/...                  whatever else lies in the directory

State is copied first, forks next, what they are forks of last. So state names no commit that the
backup lacks, and no fork rests on one. A backup is as if the host had been killed while it was
made: what had landed on main and not yet in the state is found again by its trailer.
"""

from .making import BackupReport, backup
from .manifest import Manifest, check
from .restoring import RestoreReport, restore

__all__ = ["BackupReport", "Manifest", "RestoreReport", "backup", "check", "restore"]

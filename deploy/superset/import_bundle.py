"""Imports the bundle made from the semantic model in the place of what an earlier one left: BUNDLE as the argument.

Belongs here: that one step of start.sh. `superset import-dashboards` replaces the dashboard and leaves charts and
datasets as they were; Superset's import of assets replaces all of them, and wants a bundle that says so.
"""

from __future__ import annotations

import sys
import zipfile

from superset.app import create_app


def replace_with(bundle: str) -> None:
    """Import the ZIP as the admin. Raises what Superset raises where an asset is not valid."""
    from superset import security_manager
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.commands.importers.v1.utils import get_contents_from_bundle
    from superset.utils.core import override_user

    with zipfile.ZipFile(bundle) as archive:
        contents = get_contents_from_bundle(archive)
    contents["metadata.yaml"] = contents["metadata.yaml"].replace("type: Dashboard", "type: assets")
    with override_user(security_manager.find_user("admin")):
        ImportAssetsCommand(contents).run()


if __name__ == "__main__":
    with create_app().app_context():
        replace_with(sys.argv[1])
